import { randomBytes } from 'node:crypto'

/** A key as callers send it, taken apart. */
export interface KeyText {
  readonly id: string
  readonly secret: string
}

/** 95 bits: no two keys get one id. */
const ID_LENGTH = 16
/** 62 to the 43rd is more than 2 to the 256th. */
const SECRET_LENGTH = 43
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Lengths are fixed and no part holds a `_`, so there is one way to read a key. */
const KEY = /^([a-z][a-z0-9]{1,15})_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})$/
const MAX_KEY_LENGTH = 16 + 1 + ID_LENGTH + 1 + SECRET_LENGTH
const PREFIX = /^[a-z][a-z0-9]{1,15}$/
const ID = /^[0-9A-Za-z]{16}$/

/** The parts of `text`; undefined for anything that is not exactly a key. */
export function readKey(text: string): KeyText | undefined {
  if (text.length > MAX_KEY_LENGTH) return undefined
  const [, , id, secret] = KEY.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

export const isKeyPrefix = (value: unknown): value is string => typeof value === 'string' && PREFIX.test(value)
export const isKeyId = (value: unknown): value is string => typeof value === 'string' && ID.test(value)

export const newKeyText = (): KeyText => ({ id: randomText(ID_LENGTH), secret: randomText(SECRET_LENGTH) })

/** Bytes beyond the last whole multiple of 62 are thrown away: every character is as likely as any other. */
function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62]
    }
  }
  return text
}
