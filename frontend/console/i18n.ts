/** The words of the interface in six languages; numbers, dates and plurals as the language has them. */
import { signal } from "@preact/signals";
import type { Key } from "./made/keys";
import { remember, remembered } from "./state/memory";

export type { Key };
export const LANGUAGES = { en: "English", es: "Español", pt: "Português", fr: "Français", de: "Deutsch", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;
type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;

const files = import.meta.glob<{ default: Record<string, Text> }>("./locale/*/*.json");
const texts = new Map<string, Record<string, Text>>();
const wanted = new Set<string>();

export const language = signal<Language>("en");
/** Counts loaded catalogues, so that what was shown before one came is shown again. */
const loaded = signal(0);

export const isLanguage = (text: unknown): text is Language => typeof text === "string" && text in LANGUAGES;

/** What the person chose here before, else what the browser prefers. */
export function preferredLanguage(): Language {
  const chosen = remembered("language");
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((one) => one.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

export async function setLanguage(next: Language): Promise<void> {
  await Promise.all([...wanted].map((space) => load(next, space)));
  language.value = next;
  remember("language", next);
  document.documentElement.lang = next;
  document.documentElement.dir = next === "ar" ? "rtl" : "ltr";
}

/** Loads the catalogues of a page; `t` has their words from then on. */
export async function loadTexts(...spaces: string[]): Promise<void> {
  for (const space of spaces) wanted.add(space);
  await Promise.all(spaces.map((space) => load(language.value, space)));
}

async function load(of: Language, space: string): Promise<void> {
  const name = `${of}/${space}`;
  if (texts.has(name)) return;
  const file = files[`./locale/${name}.json`];
  if (!file) return;
  texts.set(name, (await file()).default);
  loaded.value += 1;
}

/** The words of a key. `{name}` is filled in from `values`; `count` picks the plural form and is written as a number. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  void loaded.value;
  const [space = ""] = key.split(".", 1);
  const found = texts.get(`${language.value}/${space}`)?.[key.slice(space.length + 1)];
  if (found === undefined) return texts.has(`${language.value}/${space}`) ? key : "";
  return fill(typeof found === "string" ? found : plural(found, Number(values.count)), values);
}

function plural(forms: Exclude<Text, string>, count: number): string {
  return forms[new Intl.PluralRules(language.value).select(count)] ?? forms.other ?? "";
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? formatNumber(value) : value;
  });
}

export function formatNumber(value: number, options?: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(language.value, options).format(value);
}

/** Money in a currency's own way. */
export function formatMoney(value: number, currency = "USD"): string {
  return formatNumber(value, { style: "currency", currency, maximumFractionDigits: Math.abs(value) < 1 ? 4 : 2 });
}

/** A date and time in a zone. */
export function formatDate(value: string | Date, zone: string, options: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" }): string {
  return new Intl.DateTimeFormat(language.value, { timeZone: zone, ...options }).format(new Date(value));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3600], ["minute", 60],
];

/** "3 minutes ago"; below a minute "now". */
export function formatRelative(value: string | Date, now = Date.now(), style: Intl.RelativeTimeFormatStyle = "short"): string {
  const seconds = (new Date(value).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return words.format(0, "second");
}

export function formatList(values: string[]): string {
  return new Intl.ListFormat(language.value).format(values);
}
