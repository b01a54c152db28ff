import type { PolicyDocument } from "../../contract/vpc.ts";

/**
 * Whether a policy allows an action on every one of these resources (IAM User Guide, "Policy evaluation logic"): each
 * needs a statement that allows it, and none may have one that denies it.
 * @param action such as `ec2:ReplaceRoute`
 * @param resources ARNs; `*` stands for a call that has no resources
 */
export function allows(
  policy: PolicyDocument | undefined,
  action: string,
  resources: readonly string[],
): boolean {
  const fitting = (policy?.Statement ?? []).filter((statement) =>
    listOf(statement.Action).some((pattern) => fits(pattern.toLowerCase(), action.toLowerCase())),
  );
  const says = (effect: "Allow" | "Deny", resource: string) =>
    fitting.some(
      ({ Effect, Resource }) =>
        Effect === effect && listOf(Resource).some((pattern) => fits(pattern, resource)),
    );
  return (
    resources.length > 0 && resources.every((resource) => says("Allow", resource) && !says("Deny", resource))
  );
}

/** IAM's wildcards: `*` for any text, `?` for one character. */
function fits(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);
}

function listOf(words: string | readonly string[]): readonly string[] {
  return typeof words === "string" ? [words] : words;
}
