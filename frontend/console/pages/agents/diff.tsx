/** What changed between two texts: by lines first, and by words inside the lines that changed. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { t } from "@/i18n";

export interface Part {
  kind: "same" | "added" | "removed";
  text: string;
}

const MOST_CELLS = 4_000_000;

export function differences(before: string, after: string): Part[] {
  const parts: Part[] = [];
  const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const found = common(lines(before), lines(after));
  for (let at = 0; at < found.length; at++) {
    const one = found[at]!;
    const next = found[at + 1];
    if (one.kind === "removed" && next?.kind === "added") {
      parts.push(...common(one.text.split(/(\s+)/), next.text.split(/(\s+)/)));
      at++;
    } else parts.push(one);
  }
  return joined(parts);
}

/** The longest common sequence; what was removed stands before what was added. */
function common(a: string[], b: string[]): Part[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (texts: string[]): Part[] => texts.map((text) => ({ kind: "same", text }));
  return joined([...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))]);
}

function between(a: string[], b: string[]): Part[] {
  const parts: Part[] = [];
  const width = b.length + 1;
  if (a.length * b.length > MOST_CELLS) return [{ kind: "removed", text: a.join("") }, { kind: "added", text: b.join("") }];
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] = a[i] === b[j] ? table[(i + 1) * width + j + 1]! + 1 : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) parts.push({ kind: "same", text: a[(j++, i++)]! });
    else if (j >= b.length || (i < a.length && table[(i + 1) * width + j]! >= table[i * width + j + 1]!)) parts.push({ kind: "removed", text: a[i++]! });
    else parts.push({ kind: "added", text: b[j++]! });
  }
  return parts;
}

function joined(parts: Part[]): Part[] {
  const all: Part[] = [];
  let run: Part[] = [];
  const close = () => {
    for (const kind of ["removed", "added"] as const) {
      const text = run.filter((one) => one.kind === kind).map((one) => one.text).join("");
      if (text) all.push({ kind, text });
    }
    run = [];
  };
  for (const one of parts) {
    if (one.kind !== "same") {
      run.push(one);
      continue;
    }
    close();
    const last = all.at(-1);
    if (last?.kind === "same") last.text += one.text;
    else all.push({ ...one });
  }
  close();
  return all;
}

/** Two texts as one: what went is struck through, what came is underlined. */
export function Differences({ before, after }: { before: string; after: string }): JSX.Element {
  const parts = useMemo(() => differences(before, after), [before, after]);
  if (before === after) return <p class="muted">{t("agents.diff.none")}</p>;
  return (
    <div class="agents-diff" dir="auto" tabIndex={0} role="group" aria-label={t("agents.diff.title")}>
      {parts.map((one, at) =>
        one.kind === "same" ? <span key={at}>{one.text}</span>
        : one.kind === "added" ? <ins key={at}><span class="unseen">{t("agents.diff.added")} </span>{one.text}</ins>
        : <del key={at}><span class="unseen">{t("agents.diff.removed")} </span>{one.text}</del>,
      )}
    </div>
  );
}
