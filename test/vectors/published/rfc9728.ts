import { caseName } from '../case-name.js'
import { type Choice, choiceOf } from '../choice.js'
import {
  ACCEPTED_METADATA_ANSWERS,
  LEAST_METADATA,
  MEMBER_OF,
  METADATA_MEMBERS,
  METADATA_URLS,
  type MetadataAnswer,
  REFUSED_METADATA,
  REFUSED_METADATA_ANSWERS,
  RESOURCE_OPTIONS,
} from '../resource-metadata.js'
import { RFC9068 } from '../rfc9068.js'
import { ABOUT_CHOICE, type PublishedCase, type VectorFile } from './vector-file.js'

type Members = Readonly<Record<string, unknown>>

const RESOURCE = RESOURCE_OPTIONS.resource
const [, RESOURCE_METADATA_URL] = METADATA_URLS.find(([resource]) => resource === RESOURCE)!
const AT_RESOURCE = { metadataUrl: RESOURCE_METADATA_URL } as const

/** Metadata of protected resources. */
export function resourceMetadata(): VectorFile {
  return {
    standard: 'RFC 9728',
    about: [
      'Metadata of protected resources. No clock and no key is needed. Identifiers and URLs are https, or http on loopback; the identifier of the resource is in normal form, since clients compare it character by character. No RFC asks for the normal form, or allows http.',
      'A case with `publish: true` is about the resource. It is configured to publish `document`. Where `expected.allowed` is true it serves that document, with the same members and values, at `metadataUrl`. Otherwise it refuses the configuration and serves nothing; `expected.member` is the member that is at fault.',
      'A case with `publish: false` is about a client, which asks for the document of `resource` at `metadataUrl` and is answered `response` (`status`, `contentType`, and the text `body`). Where `expected.allowed` is true it may use the document, otherwise it must not.',
      ABOUT_CHOICE,
    ],
    now: RFC9068.verifier.nowSeconds,
    verifier: {},
    cases: [
      published('good', 'RFC 9728 section 2', LEAST_METADATA, { allowed: true }, AT_RESOURCE),
      ...METADATA_URLS.filter(([resource]) => resource !== RESOURCE).map(([resource, metadataUrl, , choice]) =>
        published(
          `resource: ${resource}`,
          'RFC 9728 section 3.1',
          { ...LEAST_METADATA, resource },
          { allowed: true },
          { metadataUrl, ...choice },
        ),
      ),
      ...METADATA_MEMBERS.filter(([, members]) => Object.keys(members).length > 0).map(([, members]) =>
        published(
          `document: ${nameOf(members)}`,
          'RFC 9728 section 2',
          { ...LEAST_METADATA, ...members },
          { allowed: true },
          AT_RESOURCE,
        ),
      ),
      ...REFUSED_METADATA.map(({ input, section, options, ...row }) => {
        const [option, value] = Object.entries(options)[0]!
        const member = MEMBER_OF[option as keyof typeof MEMBER_OF]
        const document = { ...LEAST_METADATA, [member]: inDocument(option, value) }
        const expected = { allowed: false, member }
        return published(`document: ${input.replace(option, member)}`, section, document, expected, row)
      }),
      ...ACCEPTED_METADATA_ANSWERS.map((row) => received(row, { allowed: true })),
      ...REFUSED_METADATA_ANSWERS.map((row) => received(row, { allowed: false })),
    ],
  }
}

const published = (
  name: string,
  section: string,
  document: Members,
  expected: Members,
  { metadataUrl, ...row }: Choice & { readonly metadataUrl?: string },
): PublishedCase => ({
  name,
  section,
  publish: true,
  document,
  ...(metadataUrl !== undefined && { metadataUrl }),
  expected,
  ...choiceOf(row),
})

/** Names a document by the members that it has beside the least. */
const nameOf = (members: object): string =>
  Object.entries(members)
    .map(([member, value]) => caseName(member, value))
    .join(' and ')

/** A document has a list where an option may be one of its members alone. */
const inDocument = (option: string, value: unknown): unknown =>
  option === 'authorizationServers' && typeof value === 'string' ? [value] : value

const received = ({ input, section, status, body }: MetadataAnswer, expected: Members): PublishedCase => ({
  name: `client: ${input}`,
  section,
  publish: false,
  resource: RESOURCE,
  metadataUrl: RESOURCE_METADATA_URL,
  response: { status, contentType: 'application/json', body },
  expected,
})
