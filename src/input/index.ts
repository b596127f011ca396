export type { FromSchema, Schema } from './from-schema.js'
export { type Input, type InputSchemas, type ValidateOptions, validate } from './validate.js'
