export type JsonObject = Readonly<Record<string, unknown>>

/** An object as JSON has it: neither null nor a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text with something in it. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
