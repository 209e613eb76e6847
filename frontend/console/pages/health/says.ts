/** What a provider says of a number, in the person's language: the API sends a code and what it names. */
import { asProblem } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { type Key, t } from "@/i18n";

interface Said {
  code: string;
  values: Record<string, string>;
  /** English, for codes that have no words here. */
  sentence: string;
}

export function says({ code, values, sentence }: Said): string {
  const key = `guide.code.${code}` as Key;
  const text = code ? t(key, values) : "";
  return !text || text === key ? sentence : text;
}

/** A refusal of a provider in the person's language; any other problem as it is. */
export function worded(error: unknown): ApiProblem {
  const problem = asProblem(error);
  const { code, values } = problem.more;
  if (typeof code !== "string" || typeof values !== "object" || !values) return problem;
  return new ApiProblem(problem.status, { ...problem.more, detail: says({ code, values: values as Record<string, string>, sentence: problem.detail }) });
}
