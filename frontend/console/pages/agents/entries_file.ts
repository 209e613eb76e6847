/** Entries of knowledge from a file: JSON, or CSV with a line of names. */

export interface NewEntry {
  kind: "fact" | "faq";
  question: string;
  text: string;
  source: string;
  language: string;
}

const MOST = 500;
const NAMES: Record<string, keyof NewEntry> = { question: "question", text: "text", answer: "text", source: "source", language: "language" };

/** Reads a file. Throws an Error whose message is a reason: "form", "empty" or "many". */
export function entriesOf(content: string, language: string): NewEntry[] {
  const text = content.replace(/^\uFEFF/, "").trim();
  const rows = text.startsWith("[") || text.startsWith("{") ? fromJson(text) : fromCsv(text);
  const entries = rows.filter((one) => one.text?.trim()).map((one): NewEntry => {
    const question = (one.question ?? "").trim();
    return { kind: question ? "faq" : "fact", question, text: one.text!.trim(), source: (one.source ?? "").trim(), language: one.language?.trim() || language };
  });
  if (!entries.length) throw new Error("empty");
  if (entries.length > MOST) throw new Error("many");
  return entries;
}

type Row = Partial<Record<keyof NewEntry, string>>;

function fromJson(text: string): Row[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("form");
  }
  const list = Array.isArray(found) ? found : (found as { entries?: unknown }).entries;
  if (!Array.isArray(list)) throw new Error("form");
  return list.map((one) => named(Object.entries((one ?? {}) as object).map(([name, value]) => [name, String(value ?? "")])));
}

function fromCsv(text: string): Row[] {
  const first = text.split(/\r?\n/, 1)[0] ?? "";
  const [head, ...lines] = cells(text, first.includes(";") && !first.includes(",") ? ";" : first.includes("\t") ? "\t" : ",");
  const names = (head ?? []).map((one) => one.trim().toLowerCase());
  if (!names.some((one) => NAMES[one] === "text")) throw new Error("form");
  return lines.map((line) => named(names.map((name, at) => [name, line[at] ?? ""])));
}

function named(pairs: [string, string][]): Row {
  return Object.fromEntries(pairs.filter(([name]) => NAMES[name.toLowerCase()]).map(([name, value]) => [NAMES[name.toLowerCase()]!, value]));
}

/** Cells as RFC 4180 has them. */
function cells(text: string, mark: string): string[][] {
  const lines: string[][] = [[]];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (letter === '"' && !cell) quoted = true;
    else if (letter === mark || letter === "\n") {
      lines.at(-1)!.push(cell.replace(/\r$/, ""));
      cell = "";
      if (letter === "\n") lines.push([]);
    } else cell += letter;
  }
  lines.at(-1)!.push(cell);
  return lines;
}
