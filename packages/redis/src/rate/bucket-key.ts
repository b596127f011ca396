import { hash } from 'node:crypto'
import type { BucketRequest } from 'wardline'

/** The text that no two buckets share. */
export const bucketName = ({ rule, key }: Pick<BucketRequest, 'rule' | 'key'>): string => `${rule.id}:${key}`

/** 132 bits. */
const CHARACTERS = 22

/**
 * The key of a bucket, in which nobody reads whom it counts. In UTF-8 all lone surrogates are the same, so names that have
 * one are taken in UTF-16: no UTF-8 of another name is that, since it has a NUL behind each letter of the rule.
 */
export const bucketKey = (prefix: string, name: string): string =>
  prefix + hash('sha256', name.isWellFormed() ? name : Buffer.from(name, 'utf16le'), 'base64url').slice(0, CHARACTERS)
