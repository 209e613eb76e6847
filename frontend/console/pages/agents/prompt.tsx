/** What an agent is told: an editor, and the versions that were published. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, get, patch, type Schemas } from "@/api/client";
import { useLoad } from "@/api/hooks";
import { formatNumber, t } from "@/i18n";
import { useLive } from "@/live";
import { can } from "@/session";
import { Badge, Button, Card, Confirm, Dialog, Field, Form, Menu, ProblemBox, Select, Skeleton, Time, toast, toastProblem, useForm } from "@/ui";
import { Differences } from "./diff";
import type { Prompt, Version } from "./kept";
import { Earlier, TryVersion } from "./try_version";
import { Declared, type Variable } from "./variables";

const KNOWN = ["business_name", "agent_name", "channel", "now", "today", "time_zone", "customer_name", "customer_language", "customer_facts", "window"] as const;
interface Draft extends Record<string, unknown> {
  instructions: string;
  variables: Variable[];
  note: string;
}
/** What was typed and not published, for as long as the window is open. */
const drafts = new Map<string, Draft>();

interface Loaded {
  prompt: Prompt;
  versions: Version[];
  agents: Schemas["Agent"][];
}

export function PromptEditor({ id }: { id: string }): JSX.Element {
  const all = useLoad<Loaded>(async (signal) => {
    const place = { path: { id }, signal };
    const [prompt, versions, agents] = await Promise.all([
      get("/v1/prompts/{id}", place), call<{ data: Version[] }>("GET", "/v1/prompts/{id}/versions", place), get("/v1/agents", { query: { limit: 100 }, signal }),
    ]);
    return { prompt, versions: versions.data, agents: agents.data.filter((one) => one.prompt_id === id) };
  }, id);
  const [base, setBase] = useState<Version>();
  useLive("resumed", () => void all.reload());
  if (!all.data) return all.problem ? <ProblemBox problem={all.problem} retry={() => void all.reload()} /> : <Skeleton lines={10} />;
  const { prompt, versions, agents } = all.data;
  const active = versions.find((one) => one.version === prompt.active_version) ?? versions[0]!;
  return (
    <div class="agents-editor">
      {can("prompts:write") ? (
        <Editor key={`${base?.version ?? 0}-${active.version}`} prompt={prompt} active={active} base={base ?? active} shared={agents.length} onDone={() => (setBase(undefined), void all.reload())} />
      ) : (
        <Card title={t("agents.instructions")}><p class="agents-text" dir="auto">{active.instructions}</p></Card>
      )}
      <History prompt={prompt} active={active} versions={versions} onEdit={(one) => (drafts.delete(prompt.prompt_id), setBase(one), scrollTo(0, 0))} onChanged={() => void all.reload()} />
      <Earlier promptId={id} />
    </div>
  );
}

function Editor({ prompt, active, base, shared, onDone }: { prompt: Prompt; active: Version; base: Version; shared: number; onDone: () => void }): JSX.Element {
  const of = (one: Version): Draft => ({ instructions: one.instructions, variables: one.variables as Variable[], note: "" });
  const [comparing, setComparing] = useState(false);
  const form = useForm<Draft>({
    initial: drafts.get(prompt.prompt_id) ?? of(base),
    check: ({ instructions }) => ({ instructions: instructions.trim() ? undefined : t("agents.required") }),
    submit: (values, key) => write(values, true, key),
  });
  const { values } = form;
  const write = async ({ instructions, variables, note }: Draft, activate: boolean, idempotencyKey?: string) => {
    const made = await call<Version>("POST", "/v1/prompts/{id}/versions", { path: { id: prompt.prompt_id }, body: { instructions, variables, note: note.trim(), activate }, idempotencyKey });
    drafts.delete(prompt.prompt_id);
    toast(t(activate ? "agents.published" : "agents.kept_draft", { count: made.version }));
    onDone();
  };
  const set = (change: Partial<Draft>) => (drafts.set(prompt.prompt_id, { ...values, ...change }), form.set(change));
  const insert = (name: string) => {
    const box = form.box.current?.querySelector<HTMLTextAreaElement>("textarea[name=instructions]");
    const at = box?.selectionStart ?? values.instructions.length;
    set({ instructions: `${values.instructions.slice(0, at)}{{${name}}}${values.instructions.slice(box?.selectionEnd ?? at)}` });
  };
  const names = [...values.variables.map((one) => one.name).filter(Boolean), ...KNOWN];
  const same = values.instructions === active.instructions && JSON.stringify(values.variables) === JSON.stringify(active.variables);
  return (
    <Card
      title={t("agents.instructions")}
      actions={<Menu button={t("agents.insert")} look="button plain small" items={names.map((name) => ({ label: name, onSelect: () => insert(name) }))} />}
    >
      <Form form={form} label={t("agents.instructions")}>
        {base.version !== active.version && <p class="note">{t("agents.editing", { count: base.version })}</p>}
        {shared > 1 && <p class="note">{t("agents.shared", { count: shared })}</p>}
        <Field bare label={t("agents.instructions")} hint={t("agents.instructions_hint")} rows={18} maxLength={60_000} {...form.field("instructions")} onInput={(instructions) => set({ instructions })} />
        <Declared value={values.variables} error={form.errors.variables} onChange={(variables) => set({ variables })} />
        <Field label={t("agents.note")} hint={t("agents.note_hint")} required={false} maxLength={500} dir="auto" {...form.field("note")} onInput={(note) => set({ note })} />
        <div class="row">
          <Button kind="primary" type="submit" busy={form.busy} disabled={same}>{t("agents.publish")}</Button>
          <Button disabled={same || form.busy} onClick={() => void write(values, false).catch(toastProblem)}>{t("agents.keep_draft")}</Button>
          <Button kind="quiet" disabled={same} onClick={() => setComparing(true)}>{t("agents.changes")}</Button>
          {!same && <Button kind="quiet" icon="undo" onClick={() => (drafts.delete(prompt.prompt_id), form.reset(of(active)), base.version !== active.version && onDone())}>{t("agents.discard")}</Button>}
        </div>
      </Form>
      <Dialog open={comparing} kind="wide" title={t("agents.changes")} onClose={() => setComparing(false)}>
        <Differences before={active.instructions} after={values.instructions} />
      </Dialog>
    </Card>
  );
}

interface HistoryProps {
  prompt: Prompt;
  active: Version;
  versions: Version[];
  onEdit: (version: Version) => void;
  onChanged: () => void;
}

function History({ prompt, active, versions, onEdit, onChanged }: HistoryProps): JSX.Element {
  const [shown, setShown] = useState<Version>();
  const [chosen, setChosen] = useState<Version>();
  const [tried, setTried] = useState<Version>();
  const activate = async () => {
    try {
      await patch("/v1/prompts/{id}", { path: { id: prompt.prompt_id }, body: { active_version: chosen!.version } as Schemas["PromptChange"] });
      toast(t("agents.active_now", { count: chosen!.version }));
      onChanged();
    } catch (error) {
      toastProblem(error);
    }
  };
  return (
    <Card title={t("agents.versions")}>
      <ol class="agents-versions" reversed>
        {versions.map((one) => (
          <li key={one.version}>
            <div>
              <strong>{t("agents.version_no", { count: one.version })}</strong> <Mark prompt={prompt} version={one.version} /> <span class="muted"><Time at={one.created_at} /></span>
              {one.note && <p dir="auto">{one.note}</p>}
            </div>
            <div class="row">
              {versions.length > 1 && <Button small onClick={() => setShown(one)} aria-label={`${t("agents.compare")} ${formatNumber(one.version)}`}>{t("agents.compare")}</Button>}
              {versions.length > 1 && can("prompts:write") && can("conversations:read") && (
                <Button small onClick={() => setTried(one)} aria-label={`${t("agents.rehearse")} ${formatNumber(one.version)}`}>{t("agents.rehearse")}</Button>
              )}
              {one.version !== active.version && can("prompts:write") && (
                <>
                  <Button small onClick={() => onEdit(one)} aria-label={`${t("agents.edit")} ${formatNumber(one.version)}`}>{t("agents.edit")}</Button>
                  <Button small onClick={() => setChosen(one)} aria-label={`${t("agents.use")} ${formatNumber(one.version)}`}>{t("agents.use")}</Button>
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
      {tried && <TryVersion promptId={prompt.prompt_id} version={tried.version} onClose={() => setTried(undefined)} />}
      {shown && <Compare key={shown.version} versions={versions} active={active} shown={shown} onClose={() => setShown(undefined)} />}
      <Confirm open={!!chosen} title={t("agents.use_title", { count: chosen?.version ?? 0 })} yes={t("agents.use")} onYes={activate} onClose={() => setChosen(undefined)}>
        {t("agents.use_text", { count: active.version })}
      </Confirm>
    </Card>
  );
}

function Mark({ prompt, version }: { prompt: Prompt; version: number }): JSX.Element {
  if (version === prompt.active_version) return <Badge tone="good" icon="check">{t("agents.version.active")}</Badge>;
  if (version === prompt.trial_version && prompt.trial_percent) return <Badge tone="accent">{t("agents.version.trial", { percent: prompt.trial_percent })}</Badge>;
  return <></>;
}

function Compare({ versions, active, shown, onClose }: { versions: Version[]; active: Version; shown: Version; onClose: () => void }): JSX.Element {
  const before = shown.version === active.version ? versions.find((one) => one.version < shown.version) ?? versions.find((one) => one !== shown)! : active;
  const [from, setFrom] = useState(Math.min(before.version, shown.version));
  const [until, setUntil] = useState(Math.max(before.version, shown.version));
  const options = versions.map((one) => ({ value: String(one.version), label: t("agents.version_no", { count: one.version }) }));
  const text = (version: number) => versions.find((one) => one.version === version)?.instructions ?? "";
  return (
    <Dialog open kind="wide" title={t("agents.diff.title")} onClose={onClose}>
      <div class="columns">
        <Select label={t("agents.diff.before")} options={options} value={String(from)} onChange={(value) => setFrom(Number(value))} />
        <Select label={t("agents.diff.after")} options={options} value={String(until)} onChange={(value) => setUntil(Number(value))} />
      </div>
      <Differences before={text(from)} after={text(until)} />
    </Dialog>
  );
}
