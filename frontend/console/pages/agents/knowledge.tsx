/** What the business knows: facts and answers that its agents find. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { call, post, type Schemas } from "@/api/client";
import { useList, useOne } from "@/api/hooks";
import { formatNumber, language, t } from "@/i18n";
import { useLive } from "@/live";
import { can } from "@/session";
import { Button, Card, Confirm, Dialog, Empty, Field, Form, Icon, Listed, Menu, ProblemBox, Select, Skeleton, toast, toastProblem, useForm } from "@/ui";
import { entriesOf, type NewEntry } from "./entries_file";
import { Fresh } from "./fresh";
import { languageName, languageOptions, LANGUAGES } from "./kept";

type Entry = Schemas["Entry"];
const usual = () => LANGUAGES.find((one) => one === language.value) ?? "en";

export function Knowledge(): JSX.Element {
  const list = useList("/v1/knowledge", { query: { limit: 50 } });
  const [wanted, setWanted] = useState("");
  const [open, setOpen] = useState<Entry | "new">();
  const [going, setGoing] = useState<Entry>();
  useLive("resumed", () => void list.reload());
  const writes = can("knowledge:write");
  const remove = () =>
    call("DELETE", "/v1/knowledge/{id}", { path: { id: going!.entry_id } })
      .then(() => list.change((items) => items.filter((one) => one.entry_id !== going!.entry_id)))
      .catch(toastProblem);
  const done = () => (setOpen(undefined), void list.reload());
  const add = writes && <Button kind="primary" icon="plus" onClick={() => setOpen("new")}>{t("agents.knowledge.add")}</Button>;
  return (
    <div class="stack">
      <div class="agents-bar">
        <Search wanted={wanted} onSearch={setWanted} />
        {list.items.length > 0 && add}
        {writes && <Import onDone={() => void list.reload()} />}
      </div>
      {wanted ? <FoundList wanted={wanted} /> : (
        <Listed list={list} empty={<Empty icon="info" title={t("agents.knowledge.none")} action={add}>{t("agents.knowledge.none_hint")}</Empty>}>
          {(items) => (
            <ul class="agents-cards" aria-label={t("agents.tab.knowledge")}>
              {items.map((one) => (
                <li key={one.entry_id}>
                  <div dir="auto">
                    {one.question && <strong>{one.question}</strong>}
                    <p class="agents-text">{one.text}</p>
                    <p class="muted small">{[languageName(one.language), one.source].filter(Boolean).join(" · ")}</p>
                  </div>
                  {writes && <Menu label={t("agents.more_of", { name: (one.question || one.text).slice(0, 60) })} button={<Icon name="more" />} look="icon-button" items={[{ label: t("agents.edit"), icon: "edit", onSelect: () => setOpen(one) }, { label: t("agents.remove"), icon: "trash", danger: true, onSelect: () => setGoing(one) }]} />}
                </li>
              ))}
            </ul>
          )}
        </Listed>
      )}
      <Dialog open={!!open} title={open === "new" ? t("agents.knowledge.add") : t("agents.knowledge.edit")} onClose={() => setOpen(undefined)}>
        {open === "new" ? <EntryForm onDone={done} /> : open && <Fresh path="/v1/knowledge/{id}" id={open.entry_id}>{(entry, set) => <EntryForm entry={entry} onNewer={set} onDone={done} />}</Fresh>}
      </Dialog>
      <Confirm open={!!going} danger title={t("agents.knowledge.remove_title")} yes={t("agents.remove")} onYes={remove} onClose={() => setGoing(undefined)}>
        <span dir="auto">{t("agents.knowledge.remove_text", { text: (going?.question || going?.text || "").slice(0, 120) })}</span>
      </Confirm>
    </div>
  );
}

function Search({ wanted, onSearch }: { wanted: string; onSearch: (text: string) => void }): JSX.Element {
  const form = useForm({ initial: { q: "" }, submit: async ({ q }) => onSearch(q.trim()) });
  return (
    <div class="agents-search">
      <Form form={form}>
        <Field label={t("agents.knowledge.search")} hint={t("agents.knowledge.search_hint")} type="search" maxLength={1000} dir="auto" {...form.field("q")} />
        <div class="row">
          <Button type="submit" icon="search" small>{t("agents.knowledge.look")}</Button>
          {wanted && <Button small kind="quiet" onClick={() => (form.reset({ q: "" }), onSearch(""))}>{t("agents.knowledge.all")}</Button>}
        </div>
      </Form>
    </div>
  );
}

function FoundList({ wanted }: { wanted: string }): JSX.Element {
  const found = useOne("/v1/knowledge/search", { query: { q: wanted, language: usual(), limit: 10 } });
  if (found.problem) return <ProblemBox problem={found.problem} retry={() => void found.reload()} />;
  if (!found.data) return <Skeleton lines={4} />;
  if (!found.data.data.length) return <Empty icon="search" title={t("agents.knowledge.nothing")}>{t("agents.knowledge.nothing_hint")}</Empty>;
  return (
    <Card title={t("agents.knowledge.found")}>
      <ol class="agents-cards">
        {found.data.data.map((one) => (
          <li key={one.entry_id}>
            <div dir="auto">
              {one.question && <strong>{one.question}</strong>}
              <p class="agents-text">{one.text}</p>
            </div>
            <span class="muted small">{formatNumber(one.rank, { maximumFractionDigits: 2 })}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

const read = (entry?: Entry) => ({ question: entry?.question ?? "", text: entry?.text ?? "", source: entry?.source ?? "", language: (entry?.language ?? usual()) as string });

function EntryForm({ entry, onNewer, onDone }: { entry?: Entry; onNewer?: (entry: Entry) => void; onDone: () => void }): JSX.Element {
  const form = useForm({
    initial: read(entry), from: read, onNewer,
    check: ({ text }) => ({ text: text.trim() ? undefined : t("agents.required") }),
    submit: async ({ question, text, source, language: code }, idempotencyKey) => {
      const body = { kind: question.trim() ? "faq" : "fact", question: question.trim(), text: text.trim(), source: source.trim(), language: code };
      if (entry) await call("PATCH", "/v1/knowledge/{id}", { path: { id: entry.entry_id }, body });
      else await call("POST", "/v1/knowledge", { body, idempotencyKey });
      toast(t("agents.saved"));
      onDone();
    },
  });
  return (
    <Form form={form}>
      <Field label={t("agents.knowledge.question")} hint={t("agents.knowledge.question_hint")} required={false} dir="auto" maxLength={1000} {...form.field("question")} />
      <Field label={t("agents.knowledge.text")} rows={5} maxLength={8000} {...form.field("text")} />
      <Field label={t("agents.knowledge.source")} hint={t("agents.knowledge.source_hint")} required={false} dir="auto" maxLength={500} {...form.field("source")} />
      <Select label={t("agents.language")} options={languageOptions()} {...form.select("language")} />
      <Button kind="primary" type="submit" busy={form.busy}>{t("agents.save")}</Button>
    </Form>
  );
}

function Import({ onDone }: { onDone: () => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [found, setFound] = useState<NewEntry[]>();
  const read = async (file: File | undefined) => {
    if (!file) return;
    try {
      setFound(entriesOf(await file.text(), usual()));
    } catch (error) {
      const reason = (error as Error).message;
      toast(t(reason === "many" ? "agents.import.many" : reason === "empty" ? "agents.import.empty" : "agents.import.form"), { tone: "danger" });
    }
    input.current!.value = "";
  };
  const send = () =>
    post("/v1/knowledge/import", { body: { entries: found! } as Schemas["NewEntries"] })
      .then(({ count }) => (toast(t("agents.import.done", { count })), onDone()))
      .catch(toastProblem);
  return (
    <>
      <input ref={input} class="agents-hidden" type="file" accept=".csv,.json,.tsv,.txt" tabIndex={-1} aria-hidden="true" onChange={(event) => void read(event.currentTarget.files?.[0])} />
      <Button icon="upload" onClick={() => input.current!.click()}>{t("agents.import")}</Button>
      <Confirm open={!!found} title={t("agents.import.title", { count: found?.length ?? 0 })} yes={t("agents.import.yes")} onYes={send} onClose={() => setFound(undefined)}>
        <p>{t("agents.import.text")}</p>
        <ul class="agents-sample">{found?.slice(0, 3).map((one, at) => <li key={at} dir="auto">{one.question || one.text.slice(0, 100)}</li>)}</ul>
      </Confirm>
    </>
  );
}
