import type { Authentication, RequireAuthenticationOptions } from '../../src/index.js'
import { type Choice, chosen } from './choice.js'

/** When the request arrives, in seconds since the epoch. */
export const STEP_UP_NOW = 1_700_000_000

/** An authentication that meets `STEP_UP_RULES` at `STEP_UP_NOW`. */
export const STRONG: Authentication = {
  acr: 'urn:example:mfa',
  amr: ['pwd', 'otp'],
  authTime: STEP_UP_NOW - 60,
}

export const STEP_UP_RULES = {
  acr: ['urn:example:phr', 'urn:example:mfa'],
  amr: ['otp', 'pwd'],
  maxAgeSeconds: 300,
} as const satisfies RequireAuthenticationOptions

/** `STRONG` with one member changed. */
export interface StepUpCase extends Choice {
  readonly input: string
  readonly section: string
  readonly change: Readonly<Partial<Record<keyof Authentication, unknown>>>
  readonly code: string
  /** What the challenge says beside `error` and `error_description`. */
  readonly asked: Readonly<Record<string, string>>
}

const cases = (
  section: string,
  member: keyof Authentication,
  code: string,
  asked: Readonly<Record<string, string>>,
  rows: Readonly<Record<string, unknown>>,
): readonly StepUpCase[] =>
  Object.entries(rows).map(([name, value]) => ({
    input: `${member} ${name}`,
    section,
    change: { [member]: value },
    code,
    asked,
  }))

const tooOld = (rows: Readonly<Record<string, unknown>>): readonly StepUpCase[] =>
  cases('RFC 9470 section 3', 'authTime', 'authentication_too_old', { max_age: '300' }, rows)

/** Accepted: each is `STRONG` with one member changed to another that will do. */
export const SUFFICIENT: readonly (readonly [input: string, change: StepUpCase['change']])[] = [
  ['the preferred class', { acr: 'urn:example:phr' }],
  ['more methods', { amr: ['hwk', 'pwd', 'otp', 'mfa'] }],
  ['methods in another order', { amr: ['otp', 'pwd'] }],
  ['just now', { authTime: STEP_UP_NOW }],
  ['as old as allowed', { authTime: STEP_UP_NOW - 300 }],
  ['dated ahead within the tolerance', { authTime: STEP_UP_NOW + 30 }],
]

/** RFC 9470: what is not met is asked for, and nothing else. */
export const INSUFFICIENT: readonly StepUpCase[] = [
  ...cases(
    'RFC 9470 section 3',
    'acr',
    'authentication_class_insufficient',
    { acr_values: 'urn:example:phr urn:example:mfa' },
    {
      missing: undefined,
      null: null,
      empty: '',
      'of another class': 'urn:example:pwd',
      'in other letters': 'URN:EXAMPLE:MFA',
      'with a space behind': 'urn:example:mfa ',
      'that begins so': 'urn:example:mfa2',
      'that is a part of it': 'urn:example:m',
      'that is the whole list': 'urn:example:phr urn:example:mfa',
      'a list': ['urn:example:mfa'],
      'a number': 1,
      'an object': { 'urn:example:mfa': true },
    },
  ),
  ...chosen(
    'RFC 9470 has demands on class and age alone.',
    cases(
      'RFC 8176 section 1',
      'amr',
      'authentication_method_insufficient',
      {},
      {
        'without any': [],
        'without one of them': ['pwd'],
        'without the other': ['otp', 'mfa'],
        'in other letters': ['PWD', 'OTP'],
        'in one text': ['pwd otp'],
        'as text': 'pwd otp',
        missing: undefined,
        null: null,
        'an object': { 0: 'pwd', 1: 'otp', length: 2 },
      },
    ),
  ),
  ...tooOld({
    missing: undefined,
    null: null,
    'a second too old': STEP_UP_NOW - 301,
    'half a second too old': STEP_UP_NOW - 300.5,
    'of the epoch': 0,
    negative: -1,
    'as text': String(STEP_UP_NOW - 60),
    'in a list': [STEP_UP_NOW - 60],
  }),
  ...chosen(
    'No RFC refuses a time that is ahead.',
    tooOld({
      'ahead beyond the tolerance': STEP_UP_NOW + 31,
      'in milliseconds': (STEP_UP_NOW - 60) * 1000,
    }),
  ),
]

/** The same of what no token can say, since JSON has no such numbers. */
export const INSUFFICIENT_NUMBERS: readonly StepUpCase[] = tooOld({
  'not a number': Number.NaN,
  'without end': Number.POSITIVE_INFINITY,
  'without beginning': Number.NEGATIVE_INFINITY,
})
