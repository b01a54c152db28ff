import type * as pulumi from "@pulumi/pulumi";

/** Outputs as a program declares them: each part may be known later. `T` is the plain value that a reader gets. */
export type Declared<T> = { readonly [Key in keyof T]: pulumi.Input<DeclaredPart<T[Key]>> };

type DeclaredPart<T> = T extends object ? Declared<T> : T;
