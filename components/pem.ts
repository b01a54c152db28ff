import * as pulumi from "@pulumi/pulumi";

/**
 * Key and certificate in a text of the stack's state.
 * @throws pulumi.RunError that names `owner` where one is missing
 */
export function parsePem(
  text: string,
  owner: string,
): { readonly key: string; readonly certificate: string } {
  const part = (label: string): string => {
    const found = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(text)?.[0];
    if (found === undefined) throw new pulumi.RunError(`${owner} in the stack's state: no ${label}`);
    return `${found}\n`;
  };
  return { key: part("PRIVATE KEY"), certificate: part("CERTIFICATE") };
}
