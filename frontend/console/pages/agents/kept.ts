/** What the parts of the agents page share: the shapes of the API and how a change is sent. */
import { call, type Schemas } from "@/api/client";
import { asProblem } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import { formatNumber, language } from "@/i18n";

export type Agent = Schemas["Agent"];
export type Version = Schemas["Version"];
export type Prompt = Schemas["Prompt"];

export const LANGUAGES = ["en", "es", "pt", "de", "fr", "sv", "ar", "hi"] as const;

/** A language by its name in the language of the console. */
export const languageName = (code: string): string => new Intl.DisplayNames([language.value], { type: "language" }).of(code) ?? code;

export const languageOptions = () => LANGUAGES.map((value) => ({ value: value as string, label: languageName(value) }));

/** Sends a change of an agent. What the API says of `part.field` is said of `field`. */
export async function changeAgent(id: string, body: Record<string, unknown>, part = ""): Promise<Agent> {
  try {
    return await call<Agent>("PATCH", "/v1/agents/{id}", { path: { id }, body });
  } catch (error) {
    throw part ? within(asProblem(error), part) : error;
  }
}

/** The same problem with the fields of a part as if they stood alone; `Hours.mon: …` is of the field hours. */
function within(problem: ApiProblem, part: string): ApiProblem {
  const fields = Object.entries(problem.fields).map(([name, text]) => {
    const told = name === part ? /^(\w+)(?:\.\S+)?: (.*)$/s.exec(text) : null;
    if (told) return { field: told[1]!.toLowerCase(), problem: told[2]! };
    return { field: name.replace(`${part}.`, ""), problem: text };
  });
  return new ApiProblem(problem.status, { ...problem.more, fields });
}

/** Every zone that the browser knows, with the one that is chosen. */
export function zoneOptions(now: string): { value: string; label: string }[] {
  const all = Intl.supportedValuesOf("timeZone");
  return (all.includes(now) ? all : [now, ...all]).map((value) => ({ value, label: value.replaceAll("_", " ") }));
}

/** A number that was typed; null for nothing. */
export const typed = (text: string): number | null => (text.trim() === "" ? null : Number(text));

/** Minutes in words: 30 min, 2 hr, 1 day. */
export function minutesText(minutes: number): string {
  const [unit, size] = minutes && minutes % 1440 === 0 ? (["day", 1440] as const) : minutes && minutes % 60 === 0 ? (["hour", 60] as const) : (["minute", 1] as const);
  return formatNumber(minutes / size, { style: "unit", unit, unitDisplay: "long" });
}
