/** A JSON Schema, draft 2020-12. */
export type Schema = boolean | { readonly [keyword: string]: unknown }

/**
 * The type of the values that a JSON Schema accepts, as far as types can say: `type`, `properties`, `required`, `items`,
 * `prefixItems`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, `additionalProperties`. `unknown` where they cannot (`$ref`).
 */
export type FromSchema<S> = S extends false
  ? never
  : S extends object
    ? Flat<Literals<S> & Typed<S> & Alternatives<S> & Conjunction<S>>
    : unknown

type Flat<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]: T[K] } & {} : T

type Literals<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : unknown

type Typed<S> = S extends { readonly type: infer T } ? OfType<T extends readonly (infer U)[] ? U : T, S> : unknown

type OfType<T, S> = T extends 'string'
  ? string
  : T extends 'number' | 'integer'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : T extends 'array'
          ? ArrayOf<S>
          : T extends 'object'
            ? ObjectOf<S>
            : unknown

type ArrayOf<S> = S extends { readonly prefixItems: infer P extends readonly unknown[] }
  ? S extends { readonly items: false }
    ? readonly [...Prefix<P, S>]
    : readonly [...Prefix<P, S>, ...unknown[]]
  : S extends { readonly items: infer I }
    ? readonly FromSchema<I>[]
    : readonly unknown[]

/** `prefixItems` asks for none of its items; `minItems` does. */
type Prefix<P extends readonly unknown[], S> = S extends { readonly minItems: P['length'] }
  ? { [I in keyof P]: FromSchema<P[I]> }
  : { [I in keyof P]?: FromSchema<P[I]> }

type ObjectOf<S> = (S extends { readonly properties: infer P }
  ? { readonly [K in keyof P as K extends Required<S> ? K : never]: FromSchema<P[K]> } & {
      readonly [K in keyof P as K extends Required<S> ? never : K]?: FromSchema<P[K]>
    }
  : unknown) &
  Others<S>

type Required<S> = S extends { readonly required: readonly (infer R)[] } ? R : never

/** Closed unless the schema says otherwise, as `validate` reads it. */
type Others<S> = S extends { readonly additionalProperties: infer A }
  ? A extends false
    ? unknown
    : { readonly [name: string]: FromSchema<A> }
  : S extends { readonly properties: unknown }
    ? unknown
    : { readonly [name: string]: unknown }

type Alternatives<S> = S extends { readonly anyOf: readonly (infer A)[] }
  ? FromSchema<A>
  : S extends { readonly oneOf: readonly (infer O)[] }
    ? FromSchema<O>
    : unknown

type Conjunction<S> = S extends { readonly allOf: infer A extends readonly unknown[] } ? AllOf<A> : unknown

type AllOf<A extends readonly unknown[]> = A extends readonly [infer First, ...infer Rest]
  ? FromSchema<First> & AllOf<Rest>
  : unknown
