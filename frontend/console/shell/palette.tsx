/** Search over everything, and a way to every page without a mouse. */
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { get, type Schemas } from "../api/client";
import { asProblem } from "../api/hooks";
import { t } from "../i18n";
import { navigate } from "../router";
import type { Route } from "../routes";
import { can } from "../session";
import { Dialog, Icon, type IconName, problemText } from "../ui";

type Hit = Schemas["Hit"];
type Group = Schemas["FoundGroup"];

interface Choice {
  key: string;
  icon: IconName;
  title: string;
  /** What was found, with the words that were looked for marked. */
  snippet?: Hit["snippet"];
  /** The heading that stands before it, when it is the first of its kind. */
  first?: string;
  page: string;
}

const PAUSE_MS = 150;
const PLACES: Record<Hit["kind"], { icon: IconName; page: (found: Hit) => string }> = {
  messages: { icon: "inbox", page: (one) => `/inbox/${one.conversation_id ?? ""}?message=${one.id}` },
  conversations: { icon: "inbox", page: (one) => `/inbox/${one.id}` },
  contacts: { icon: "customer", page: (one) => `/customers/${one.id}` },
  leads: { icon: "lead", page: (one) => `/leads/${one.id}` },
  meetings: { icon: "meeting", page: (one) => `/meetings/${one.id}` },
  agents: { icon: "agent", page: (one) => `/agents/${one.id}` },
  prompts: { icon: "agent", page: (one) => `/agents/prompts/${one.id}` },
  numbers: { icon: "health", page: (one) => `/health/${one.id}` },
};

export function Palette({ open, onClose, pages }: { open: boolean; onClose: () => void; pages: Route[] }): JSX.Element {
  return (
    <Dialog open={open} kind="top" bare title={t("shell.search.title")} onClose={onClose}>
      <Search pages={pages} onClose={onClose} />
    </Dialog>
  );
}

function Search({ pages, onClose }: { pages: Route[]; onClose: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const { found, said } = useFound(text);
  const id = useId();
  const choices = [...pageChoices(pages, text), ...found];
  const go = (one: Choice | undefined) => {
    if (!one) return;
    onClose();
    navigate(one.page);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && choices.length) setAt((at + step + choices.length) % choices.length);
    else if (event.key === "Enter") go(choices[at]);
    else return;
    event.preventDefault();
  };
  return (
    <div class="palette">
      <div class="palette-field">
        <Icon name="search" />
        <input
          type="search" role="combobox" autoFocus aria-expanded="true" aria-autocomplete="list"
          aria-controls={`${id}-list`} aria-activedescendant={choices[at] ? `${id}-${at}` : undefined}
          aria-label={t("shell.search.title")} placeholder={t("shell.search.hint")} maxLength={200}
          value={text} onInput={(event) => (setText(event.currentTarget.value), setAt(0))} onKeyDown={onKey}
        />
      </div>
      <ul role="listbox" id={`${id}-list`} aria-label={t("shell.search.found")}>
        {choices.map((one, n) => (
          <Option key={one.key} choice={one} id={`${id}-${n}`} chosen={n === at} onMove={() => setAt(n)} onPick={() => go(one)} />
        ))}
      </ul>
      <p class="muted palette-said" role="status">{said}</p>
    </div>
  );
}

interface OptionProps {
  choice: Choice;
  id: string;
  chosen: boolean;
  onMove: () => void;
  onPick: () => void;
}

function Option({ choice, id, chosen, onMove, onPick }: OptionProps): JSX.Element {
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) item.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <>
      {choice.first && <li role="presentation" class="palette-kind">{choice.first}</li>}
      <li ref={item} id={id} role="option" aria-selected={chosen} onMouseMove={onMove} onClick={onPick}>
        <Icon name={choice.icon} />
        <span class="palette-words">
          <span dir="auto">{choice.title}</span>
          {choice.snippet && (
            <span class="muted" dir="auto">{choice.snippet.map((piece, n) => (piece.hit ? <mark key={n}>{piece.text}</mark> : piece.text))}</span>
          )}
        </span>
      </li>
    </>
  );
}

function pageChoices(pages: Route[], text: string): Choice[] {
  const wanted = text.trim().toLocaleLowerCase();
  return pages
    .map((one) => ({ key: one.name, icon: one.nav!.icon, title: t(one.nav!.label), page: `/${one.name}` }))
    .filter((one) => one.title.toLocaleLowerCase().includes(wanted));
}

/** What /v1/search finds, a moment after the last letter. */
function useFound(text: string): { found: Choice[]; said: string } {
  const [state, setState] = useState<{ found: Choice[]; said: string }>({ found: [], said: "" });
  const wanted = text.trim();
  useEffect(() => {
    setState({ found: [], said: "" });
    if (wanted.length < 2 || !can("search:read")) return;
    const control = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { data } = await get("/v1/search", { query: { q: wanted }, signal: control.signal });
        const found = data.flatMap(choicesOf);
        setState({ found, said: found.length ? t("shell.search.count", { count: found.length }) : t("shell.search.nothing") });
      } catch (error) {
        if (!control.signal.aborted) setState({ found: [], said: problemText(asProblem(error)) });
      }
    }, PAUSE_MS);
    return () => (clearTimeout(timer), control.abort());
  }, [wanted]);
  return state;
}

function choicesOf(group: Group): Choice[] {
  const place = PLACES[group.kind];
  return group.data.map((one, n) => ({
    key: `${group.kind} ${one.id}`, icon: place.icon, title: one.title, snippet: one.snippet, page: place.page(one),
    first: n ? undefined : t(`shell.search.kind.${group.kind}`),
  }));
}
