import { Composer, type Document, Parser } from "yaml";
import { decode } from "./characters.ts";
import { placed, type TextProblem } from "./problem.ts";
import { structureProblems } from "./structure.ts";
import { spellingProblems, tooDeep } from "./syntax.ts";

/**
 * A YAML file that two programs read: this one with the library `yaml` (YAML 1.2), and the Pulumi CLI with Go's
 * `yaml.v3` (mostly YAML 1.1). What they would read differently is a problem here, so that a file has one meaning.
 */
export interface YamlReading {
  /** Valid only where there are no problems; `undefined` for an empty file. */
  readonly value: unknown;
  /** `LINE:COLUMN: what is wrong, and what to do`; never a value of the file, which may be a secret. */
  readonly problems: readonly string[];
}

export function readYaml(bytes: Uint8Array): YamlReading {
  const { text, problems } = decode(bytes);
  const refused = (problems: readonly TextProblem[]) => ({
    value: undefined,
    problems: placed(text, problems),
  });
  if (problems.length > 0) return refused(problems);
  const tokens = [...new Parser().parse(text)];
  const deep = tooDeep(tokens);
  if (deep.length > 0) return refused(deep);
  const documents = [...new Composer({ prettyErrors: false }).compose(tokens, true, text.length)];
  const broken = streamProblems(documents);
  if (broken.length > 0) return refused(broken);
  const found = [...spellingProblems(text, tokens), ...documents.flatMap(structureProblems)];
  if (found.length > 0) return refused(found);
  // The library's own limit would count the uses of an anchor, however small its value is.
  return { value: documents[0]?.toJS({ maxAliasCount: -1 }), problems: [] };
}

/** What keeps a text from being one plain YAML document: the first error alone, as others often follow from it. */
function streamProblems(documents: readonly Document.Parsed[]): readonly TextProblem[] {
  const [error] = documents.flatMap(({ errors }) => errors);
  // A message may quote what the parser did not expect.
  if (error)
    return [{ offset: error.pos[0], message: `is not YAML: ${error.message.replace(/: ".*$/s, "")}` }];
  const [, second] = documents;
  return second
    ? [{ offset: second.range[0], message: "begins a second document: keep the first alone" }]
    : [];
}
