/** Tools: what agents may ask of the business's own systems. A header's value is taken and never shown again. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { can } from "@/session";
import { Badge, Button, Checkbox, type Column, Confirm, Dialog, Empty, Field, Form, type FormState, Icon, IconButton, Listed, Menu, Select, Switch, Table, toast, toastProblem, useForm } from "@/ui";
import { Fresh } from "./fresh";
import { TryTool } from "./try_tool";

type Tool = Schemas["Tool"];
type Parameter = Required<Schemas["Parameter"]>;
const HIDDEN = "••••";
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const RECEIPTS = ["booked", "rescheduled", "cancelled", "sent", "noted"] as const;
const TYPES = ["string", "number", "integer", "boolean"] as const;

export function Tools(): JSX.Element {
  const list = useList("/v1/tools", { query: { limit: 100 } });
  const [open, setOpen] = useState<Tool | "new">();
  const [going, setGoing] = useState<Tool>();
  const [trying, setTrying] = useState<Tool>();
  const writes = can("tools:write");
  const remove = () =>
    call("DELETE", "/v1/tools/{id}", { path: { id: going!.tool_id } })
      .then(() => list.change((items) => items.filter((one) => one.tool_id !== going!.tool_id)))
      .catch(toastProblem);
  const done = () => (setOpen(undefined), void list.reload());
  const add = writes && <Button kind="primary" icon="plus" onClick={() => setOpen("new")}>{t("agents.tools.add")}</Button>;
  const columns: Column<Tool>[] = [
    { key: "name", label: t("agents.tools.name"), render: (one) => <span dir="ltr">{one.name}</span> },
    { key: "about", label: t("agents.tools.about"), render: (one) => <span dir="auto">{one.description}</span> },
    { key: "url", label: t("agents.tools.address"), wide: true, render: (one) => <code dir="ltr">{one.method} {one.url}</code> },
    { key: "state", label: t("agents.state"), render: (one) => <Badge tone={one.enabled ? "good" : "neutral"}>{one.enabled ? t("agents.on") : t("agents.off")}</Badge> },
  ];
  if (writes) columns.push({
    key: "end", label: t("agents.actions"), end: true,
    render: (one) => <Menu label={t("agents.more_of", { name: one.name })} button={<Icon name="more" />} look="icon-button" items={[{ label: t("agents.tools.try"), icon: "send", onSelect: () => setTrying(one) }, { label: t("agents.edit"), icon: "edit", onSelect: () => setOpen(one) }, { label: t("agents.remove"), icon: "trash", danger: true, onSelect: () => setGoing(one) }]} />,
  });
  return (
    <div class="stack">
      {list.items.length > 0 && add && <div class="agents-bar">{add}</div>}
      <Listed list={list} empty={<Empty icon="settings" title={t("agents.tools.none")} action={add}>{t("agents.tools.none_hint")}</Empty>}>
        {(items) => <div class="agents-roomy"><Table label={t("agents.tab.tools")} columns={columns} rows={items} rowKey={(one) => one.tool_id} /></div>}
      </Listed>
      <Dialog open={!!open} kind="wide" title={open === "new" ? t("agents.tools.add") : t("agents.tools.edit")} onClose={() => setOpen(undefined)}>
        {open === "new" ? <ToolForm onDone={done} /> : open && <Fresh path="/v1/tools/{id}" id={open.tool_id}>{(tool, set) => <ToolForm tool={tool} onNewer={set} onDone={done} />}</Fresh>}
      </Dialog>
      {trying && <TryTool tool={trying} onClose={() => setTrying(undefined)} />}
      <Confirm open={!!going} danger title={t("agents.tools.remove_title", { name: going?.name ?? "" })} yes={t("agents.remove")} onYes={remove} onClose={() => setGoing(undefined)}>{t("agents.tools.remove_text")}</Confirm>
    </div>
  );
}

interface Values extends Record<string, unknown> {
  name: string;
  description: string;
  method: string;
  url: string;
  headers: { name: string; value: string; stored: boolean }[];
  parameters: Parameter[];
  effect: string;
  receipt: string;
  seconds: string;
  budget: string;
  enabled: boolean;
}

function read(tool?: Tool): Values {
  return {
    name: tool?.name ?? "", description: tool?.description ?? "", method: tool?.method ?? "GET", url: tool?.url ?? "https://",
    headers: Object.keys(tool?.headers ?? {}).map((name) => ({ name, value: "", stored: true })), parameters: (tool?.parameters ?? []) as Parameter[],
    effect: tool?.effect ?? "read", receipt: tool?.receipt ?? "", seconds: String(tool?.seconds ?? 10), budget: String(tool?.budget ?? 5), enabled: tool?.enabled ?? true,
  };
}

function ToolForm({ tool, onNewer, onDone }: { tool?: Tool; onNewer?: (tool: Tool) => void; onDone: () => void }): JSX.Element {
  const form = useForm<Values>({
    initial: read(tool), from: read, onNewer,
    check: ({ name, description, url }) => ({
      name: /^[a-zA-Z0-9_-]{1,64}$/.test(name) ? undefined : t("agents.tools.name_wrong"),
      description: description.trim() ? undefined : t("agents.required"),
      url: /^https?:\/\/[^/]/.test(url) ? undefined : t("agents.links.url_wrong"),
    }),
    submit: async (values, idempotencyKey) => {
      const headers = Object.fromEntries(values.headers.filter((one) => one.name.trim()).map((one) => [one.name.trim(), one.value || (one.stored ? HIDDEN : "")]));
      const body = { ...values, headers, receipt: values.effect === "write" && values.receipt ? values.receipt : null, seconds: Number(values.seconds), budget: Number(values.budget) };
      if (tool) await call("PATCH", "/v1/tools/{id}", { path: { id: tool.tool_id }, body });
      else await call("POST", "/v1/tools", { body, idempotencyKey });
      toast(t("agents.saved"));
      onDone();
    },
  });
  return (
    <Form form={form}>
      <Field label={t("agents.tools.name")} hint={t("agents.tools.name_hint")} dir="ltr" maxLength={64} {...form.field("name")} />
      <Field label={t("agents.tools.about")} hint={t("agents.tools.about_hint")} rows={2} maxLength={1000} {...form.field("description")} />
      <div class="agents-entry">
        <Select label={t("agents.tools.method")} options={METHODS.map((value) => ({ value, label: value }))} {...form.select("method")} />
        <Field label={t("agents.tools.address")} hint={t("agents.tools.address_hint", { place: "{name}" })} dir="ltr" maxLength={2000} {...form.field("url")} />
      </div>
      <Headers form={form} />
      <Parameters form={form} />
      <Select label={t("agents.tools.effect")} options={(["read", "write"] as const).map((value) => ({ value, label: t(`agents.effect.${value}`) }))} {...form.select("effect")} />
      {form.values.effect === "write" && <Select label={t("agents.tools.receipt")} hint={t("agents.tools.receipt_hint")} options={[{ value: "", label: t("agents.tools.no_receipt") }, ...RECEIPTS.map((value) => ({ value: value as string, label: t(`agents.receipt.${value}`) }))]} {...form.select("receipt")} />}
      <div class="columns">
        <Field label={t("agents.tools.seconds")} type="number" min={1} max={30} {...form.field("seconds")} />
        <Field label={t("agents.tools.budget")} type="number" min={1} max={20} {...form.field("budget")} />
      </div>
      <Switch label={t("agents.tools.enabled")} {...form.toggle("enabled")} />
      <Button kind="primary" type="submit" busy={form.busy}>{t("agents.save")}</Button>
    </Form>
  );
}

function Headers({ form }: { form: FormState<Values> }): JSX.Element {
  const { headers } = form.values;
  const put = (at: number, change: Partial<(typeof headers)[number]>) => form.set({ headers: headers.map((one, n) => (n === at ? { ...one, ...change } : one)) });
  return (
    <fieldset class="agents-group">
      <legend>{t("agents.tools.headers")}</legend>
      <p class="hint">{t("agents.tools.headers_hint")}</p>
      <ul class="agents-list">
        {headers.map((one, at) => (
          <li key={at} class="agents-entry">
            <Field label={t("agents.tools.header")} dir="ltr" maxLength={60} placeholder="Authorization" value={one.name} onInput={(name) => put(at, { name, stored: false })} />
            <Field label={t("agents.tools.secret")} type="password" autocomplete="off" dir="ltr" maxLength={4000} placeholder={one.stored ? HIDDEN : undefined} value={one.value} onInput={(value) => put(at, { value })} />
            <IconButton icon="trash" label={t("agents.remove_of", { name: one.name || String(at + 1) })} onClick={() => form.set({ headers: headers.filter((_, n) => n !== at) })} />
          </li>
        ))}
      </ul>
      {form.errors.headers && <p class="error" role="alert">{form.errors.headers}</p>}
      <div><Button small kind="quiet" icon="plus" onClick={() => form.set({ headers: [...headers, { name: "", value: "", stored: false }] })}>{t("agents.tools.add_header")}</Button></div>
    </fieldset>
  );
}

function Parameters({ form }: { form: FormState<Values> }): JSX.Element {
  const { parameters } = form.values;
  const put = (at: number, change: Partial<Parameter>) => form.set({ parameters: parameters.map((one, n) => (n === at ? { ...one, ...change } : one)) });
  return (
    <fieldset class="agents-group">
      <legend>{t("agents.tools.parameters")}</legend>
      <p class="hint">{t("agents.tools.parameters_hint")}</p>
      <ul class="agents-list">
        {parameters.map((one, at) => (
          <li key={at} class="agents-entry">
            <Field label={t("agents.variable_name")} dir="ltr" maxLength={40} value={one.name} onInput={(name) => put(at, { name })} />
            <Select label={t("agents.variable_type")} options={TYPES.map((value) => ({ value, label: t(`agents.parameter.${value}`) }))} value={one.type} onChange={(type) => put(at, { type: type as Parameter["type"] })} />
            <Field label={t("agents.tools.meaning")} dir="auto" maxLength={500} value={one.description} onInput={(description) => put(at, { description })} />
            <Checkbox label={t("agents.tools.needed")} checked={one.required} onChange={(required) => put(at, { required })} />
            <IconButton icon="trash" label={t("agents.remove_of", { name: one.name || String(at + 1) })} onClick={() => form.set({ parameters: parameters.filter((_, n) => n !== at) })} />
          </li>
        ))}
      </ul>
      {form.errors.parameters && <p class="error" role="alert">{form.errors.parameters}</p>}
      <div><Button small kind="quiet" icon="plus" onClick={() => form.set({ parameters: [...parameters, { name: "", type: "string", description: "", required: true, enum: null }] })}>{t("agents.tools.add_parameter")}</Button></div>
    </fieldset>
  );
}
