/** The list of conversations: search, filters, and rows of which only those in sight stand in the page. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { query, setQuery, to } from "@/router";
import { Button, Empty, IconButton, LinkButton, ProblemBox, Select, Skeleton, channelName } from "@/ui";
import { can } from "@/session";
import type { Lines } from "./lines";
import { Row } from "./row";
import { type Filters, hrefOf, type Line, type Member, type Show, SHOWS } from "./types";

interface ListProps {
  lines: Lines;
  filters: Filters;
  open: string;
  members: readonly Member[];
  onOpen: (line: Line, byKey: boolean) => void;
}

export function ConversationList({ lines, filters, open, members, onOpen }: ListProps): JSX.Element {
  return (
    <section class="inbox-list" aria-label={t("inbox.conversations")}>
      <Search filters={filters} />
      <div class="inbox-rows-frame">
        <States lines={lines} filters={filters}>
          <Rows lines={lines} open={open} members={members} onOpen={onOpen} />
        </States>
      </div>
    </section>
  );
}

function Search({ filters }: { filters: Filters }): JSX.Element {
  const set = (["number", "channel", "owner", "tag"] as const).filter((name) => filters[name]);
  const [shown, setShown] = useState(set.length > 0);
  const [text, setText] = useState(filters.q);
  const timer = useRef(0);
  useEffect(() => setText(filters.q), [filters.q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const look = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setQuery({ q: value.trim() || null }), 300);
  };
  const pick = (show: Show) => setQuery({ show: show === "all" ? null : show });
  return (
    <div class="inbox-search" role="search">
      <div class="row">
        <div class="field inbox-q">
          <input
            type="search"
            dir="auto"
            aria-label={t("inbox.search")}
            placeholder={t("inbox.search")}
            value={text}
            onInput={(event) => look(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && setQuery({ q: text.trim() || null })}
          />
        </div>
        <IconButton label={set.length ? `${t("inbox.filters")}: ${set.length}` : t("inbox.filters")} icon="filter" pressed={set.length > 0} count={set.length} expanded={shown} onClick={() => setShown(!shown)} />
      </div>
      <div class="inbox-shows" role="group" aria-label={t("inbox.show")}>
        {SHOWS.map((one) => (
          <button key={one} type="button" aria-pressed={filters.show === one} onClick={() => pick(one)}>{t(`inbox.show.${one}`)}</button>
        ))}
      </div>
      {shown && <More filters={filters} />}
    </div>
  );
}

const CHANNELS = ["whatsapp", "instagram", "webchat", "sms"];
const TAGS = ["Hot", "Warm", "Cold"] as const;

function More({ filters }: { filters: Filters }): JSX.Element {
  const numbers = useList(can("numbers:read") ? "/v1/numbers" : undefined, { query: { limit: 200 } });
  const any = { value: "", label: t("inbox.any") };
  const of = (name: "number" | "channel" | "owner" | "tag") => ({ value: filters[name], onChange: (value: string) => setQuery({ [name]: value || null }) });
  return (
    <div class="inbox-more">
      <Select label={t("inbox.filter.number")} {...of("number")} options={[any, ...numbers.items.map((one) => ({ value: one.id, label: `${one.display_name || one.meta_phone_number_id} · ${channelName(one.platform)}` }))]} />
      <Select label={t("inbox.filter.channel")} {...of("channel")} options={[any, ...CHANNELS.map((one) => ({ value: one, label: channelName(one) }))]} />
      <Select label={t("inbox.filter.owner")} {...of("owner")} options={[any, { value: "agent", label: t("inbox.owner.agent") }, { value: "human", label: t("inbox.owner.human") }, { value: "held", label: t("inbox.owner.held") }]} />
      <Select label={t("inbox.filter.tag")} {...of("tag")} options={[any, ...TAGS.map((one) => ({ value: one, label: t(`inbox.tag.${one}`) }))]} />
      <Button small kind="quiet" onClick={() => setQuery({ number: null, channel: null, owner: null, tag: null })}>{t("inbox.filter.clear")}</Button>
    </div>
  );
}

function States({ lines, filters, children }: { lines: Lines; filters: Filters; children: JSX.Element }): JSX.Element {
  if (lines.items.length) return children;
  if (lines.problem) return <ProblemBox problem={lines.problem} retry={lines.reload} />;
  if (lines.busy) return <Skeleton lines={8} />;
  if (filters.show !== "all" || filters.q || filters.number || filters.channel || filters.owner || filters.tag) {
    const clear = () => setQuery({ show: null, q: null, number: null, channel: null, owner: null, tag: null });
    return <Empty icon="filter" title={t("inbox.none_fit")} action={<Button onClick={clear}>{t("inbox.show_all")}</Button>} />;
  }
  return (
    <Empty icon="inbox" title={t("inbox.none")} action={can("numbers:write") && <LinkButton kind="primary" to="/health">{t("inbox.none_action")}</LinkButton>}>
      {t("inbox.none_hint")}
    </Empty>
  );
}

const SPARE = 8; // rows above and below what is in sight

function Rows({ lines, open, members, onOpen }: Omit<ListProps, "filters">): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ first: 0, count: 30, height: 84 });
  const { items } = lines;
  const wanted = useRef<string>(); // the row that gets the focus as soon as it stands there
  const top = useRef<{ id: string; at: number }>();

  const look = () => {
    const element = box.current;
    if (!element) return;
    const height = element.querySelector<HTMLElement>("li")?.offsetHeight || view.height;
    const first = Math.max(0, Math.floor(element.scrollTop / height) - SPARE);
    const count = Math.ceil(element.clientHeight / height) + 2 * SPARE;
    const at = items[Math.floor(element.scrollTop / height)];
    top.current = at && element.scrollTop > height ? { id: at.conversation_id, at: element.scrollTop - items.indexOf(at) * height } : undefined;
    if (first !== view.first || count !== view.count || height !== view.height) setView({ first, count, height });
    if (element.scrollHeight - element.scrollTop - element.clientHeight < 600) lines.more();
  };
  // What comes in at the top does not move what one reads further down.
  useLayoutEffect(() => {
    const element = box.current;
    const kept = top.current;
    const at = kept ? items.findIndex((one) => one.conversation_id === kept.id) : -1;
    if (element && kept && at >= 0) element.scrollTop = at * view.height + kept.at;
    look();
  }, [items]);
  useEffect(() => {
    const seen = new ResizeObserver(look);
    seen.observe(box.current!);
    return () => seen.disconnect();
  });
  useEffect(() => {
    if (!wanted.current) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(wanted.current)}"]`);
    if (row) {
      wanted.current = undefined;
      row.focus();
    }
  });

  const onKey = (event: KeyboardEvent) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const id = (document.activeElement as HTMLElement)?.dataset.id;
    const line = items.find((one) => one.conversation_id === id);
    if (event.key === "Enter" && line) {
      event.preventDefault();
      return onOpen(line, true);
    }
    const next = step && items[items.findIndex((one) => one.conversation_id === id) + step];
    if (!next) return;
    event.preventDefault();
    const element = box.current!;
    const y = items.indexOf(next) * view.height;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + view.height > element.scrollTop + element.clientHeight) element.scrollTop = y + view.height - element.clientHeight;
    const row = element.querySelector<HTMLElement>(`[data-id="${CSS.escape(next.conversation_id)}"]`);
    if (row) row.focus({ preventScroll: true }); // at once: the next key may already be on its way
    else wanted.current = next.conversation_id;
    look();
    setView((was) => ({ ...was }));
  };

  const { first, count, height } = view;
  const last = Math.min(items.length, first + count);
  const kept = items.findIndex((one) => one.conversation_id === (document.activeElement as HTMLElement)?.dataset?.id);
  const indexes = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
  if (kept >= 0 && (kept < first || kept >= last)) indexes.push(kept); // the focus is not lost by scrolling
  return (
    <div class="inbox-rows" ref={box} onScroll={look} onKeyDown={onKey}>
      <ul class="rows" aria-label={t("inbox.conversations")} ref={(list) => list?.style.setProperty("block-size", `${items.length * height}px`)}>
        {indexes.map((at) => {
          const line = items[at]!;
          return (
            <li key={line.conversation_id} aria-setsize={lines.next ? -1 : items.length} aria-posinset={at + 1} ref={(row) => row?.style.setProperty("inset-block-start", `${at * height}px`)}>
              <a
                data-row
                data-id={line.conversation_id}
                href={to(hrefOf(line.conversation_id, query.value))}
                aria-current={line.conversation_id === open ? "true" : undefined}
                class={line.unread ? "unread" : undefined}
              >
                <Row line={line} members={members} />
              </a>
            </li>
          );
        })}
      </ul>
      {lines.problem ? <ProblemBox problem={lines.problem} retry={lines.more} /> : lines.busy === "more" && <p class="inbox-older muted small">{t("common.loading")}</p>}
    </div>
  );
}
