/** Tables and lists that a keyboard walks through: j and k or the arrows move, Enter opens. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { List } from "../api/hooks";
import { t } from "../i18n";
import { to } from "../router";
import { Button } from "./button";
import { Skeleton } from "./empty";
import { ProblemBox } from "./problem";

export interface Column<T> {
  key: string;
  label: string;
  render: (row: T) => ComponentChildren;
  /** Numbers stand at the end. */
  end?: boolean;
  /** Left out on a phone. */
  wide?: boolean;
}

interface TableProps<T> {
  /** Read aloud as the table's name. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** The page that a row opens, below /console; the first column becomes the link. */
  href?: (row: T) => string;
}

export function Table<T>({ label, columns, rows, rowKey, href }: TableProps<T>): JSX.Element {
  return (
    <div class="table-box" onKeyDown={walk}>
      <table class="table">
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {columns.map((one) => (
              <th key={one.key} scope="col" class={classOf(one)}>{one.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} class={href ? "opens" : undefined}>
              {columns.map((one, at) =>
                at ? (
                  <td key={one.key} class={classOf(one)}>{one.render(row)}</td>
                ) : (
                  <th key={one.key} scope="row" class={classOf(one)}>
                    {href ? <a data-row href={to(href(row))}>{one.render(row)}</a> : one.render(row)}
                  </th>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const classOf = (column: { end?: boolean; wide?: boolean }) => [column.end && "end", column.wide && "wide"].filter(Boolean).join(" ") || undefined;

interface RowsProps<T> {
  label: string;
  items: readonly T[];
  itemKey: (item: T) => string;
  render: (item: T) => ComponentChildren;
  href: (item: T) => string;
  /** The item that is open. */
  current?: string;
}

/** A list of links, each as rich as it needs to be. */
export function Rows<T>({ label, items, itemKey, render, href, current }: RowsProps<T>): JSX.Element {
  return (
    <ul class="rows" aria-label={label} onKeyDown={walk}>
      {items.map((item) => (
        <li key={itemKey(item)}>
          <a data-row href={to(href(item))} aria-current={itemKey(item) === current ? "true" : undefined}>{render(item)}</a>
        </li>
      ))}
    </ul>
  );
}

const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

function walk(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  if (!step || event.metaKey || event.ctrlKey || event.altKey || (event.target as Element).closest("input, textarea, select")) return;
  const rows = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>("[data-row]")];
  const next = rows[rows.indexOf(document.activeElement as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** j and k from anywhere on the page go to its first list; the shell calls this. */
export function enterList(event: KeyboardEvent): void {
  if (event.key !== "j" && event.key !== "k") return;
  const first = document.querySelector<HTMLElement>("main [data-row][aria-current], main [data-row]");
  if (!first || first.closest(".rows, .table-box")?.contains(document.activeElement)) return;
  event.preventDefault();
  first.focus();
}

interface ListedProps<T> {
  list: List<T>;
  children: (items: T[]) => ComponentChildren;
  /** What is shown when there is nothing: an `<Empty>`. */
  empty: ComponentChildren;
}

/** A list by cursor in all its states: loading, wrong, empty, there, and more on the way down. */
export function Listed<T>({ list, children, empty }: ListedProps<T>): JSX.Element {
  if (list.problem && !list.items.length) return <ProblemBox problem={list.problem} retry={() => void list.reload()} />;
  if (list.loading && !list.items.length) return <Skeleton lines={6} />;
  if (!list.items.length) return <>{empty}</>;
  return (
    <>
      {children(list.items)}
      {list.problem ? <ProblemBox problem={list.problem} retry={() => void list.more()} /> : <More list={list} />}
    </>
  );
}

function More<T>({ list }: { list: List<T> }): JSX.Element | null {
  const box = useRef<HTMLDivElement>(null);
  const newest = useRef(list.more);
  newest.current = list.more;
  useEffect(() => {
    if (!box.current) return;
    const seen = new IntersectionObserver((all) => all.some((one) => one.isIntersecting) && void newest.current(), { rootMargin: "300px" });
    seen.observe(box.current);
    return () => seen.disconnect();
  }, [list.hasMore, list.items.length]);
  if (!list.hasMore) return null;
  return (
    <div ref={box} class="more">
      <Button kind="quiet" busy={list.loadingMore} onClick={() => void list.more()}>{t("common.load_more")}</Button>
    </div>
  );
}
