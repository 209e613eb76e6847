/** Variables: what a version declares, and what one agent says for each. */
import type { JSX } from "preact";
import { call, type Schemas } from "@/api/client";
import { useLoad } from "@/api/hooks";
import { t } from "@/i18n";
import { can } from "@/session";
import { Button, Card, Field, Form, IconButton, Select, toast, useForm } from "@/ui";
import { type Agent, changeAgent, type Prompt, type Version } from "./kept";

export type Variable = Required<Schemas["Variable"]>;
const TYPES = ["text", "number", "boolean", "date"] as const;

/** The values of one agent. Nothing at all while its prompt declares none. */
export function Values({ agent, onSaved }: { agent: Agent; onSaved: (agent: Agent) => void }): JSX.Element | null {
  const declared = useLoad(async (signal) => {
    const place = { path: { id: agent.prompt_id }, signal };
    const [prompt, versions] = await Promise.all([call<Prompt>("GET", "/v1/prompts/{id}", place), call<{ data: Version[] }>("GET", "/v1/prompts/{id}/versions", place)]);
    return (versions.data.find((one) => one.version === prompt.active_version)?.variables ?? []) as Variable[];
  }, agent.prompt_id);
  return declared.data?.length ? <ValuesForm agent={agent} declared={declared.data} onSaved={onSaved} /> : null;
}

function ValuesForm({ agent, declared, onSaved }: { agent: Agent; declared: Variable[]; onSaved: (agent: Agent) => void }): JSX.Element {
  const form = useForm<Record<string, string>>({
    initial: Object.fromEntries(declared.map((one) => [one.name, String(agent.variables[one.name] ?? "")])),
    names: Object.fromEntries(declared.map((one) => [`variables.${one.name}`, one.name])),
    submit: async (values) => {
      const variables = Object.fromEntries(declared.filter((one) => values[one.name]?.trim()).map((one) => [one.name, valueOf(one.type, values[one.name]!)]));
      onSaved(await changeAgent(agent.agent_id, { variables }));
      toast(t("agents.saved"));
    },
  });
  return (
    <Card title={t("agents.values")}>
      <Form form={form} label={t("agents.values")}>
        {declared.map((one) => <Value key={one.name} variable={one} form={form} />)}
        {can("agents:write") && <Button type="submit" busy={form.busy}>{t("agents.save")}</Button>}
      </Form>
    </Card>
  );
}

function Value({ variable, form }: { variable: Variable; form: ReturnType<typeof useForm<Record<string, string>>> }): JSX.Element {
  const usual = variable.default === null ? "" : String(variable.default);
  const label = variable.name === "greeting" ? t("agents.greeting") : variable.name;
  const hint = usual ? t("agents.value_usual", { value: usual }) : t("agents.value_needed");
  if (variable.type === "boolean") {
    const options = [{ value: "", label: t("agents.usual") }, { value: "true", label: t("agents.yes") }, { value: "false", label: t("agents.no") }];
    return <Select label={label} hint={hint} options={options} {...form.select(variable.name)} />;
  }
  const type = variable.type === "number" ? "number" : variable.type === "date" ? "date" : "text";
  return <Field label={label} hint={hint} type={type} rows={type === "text" && usual.length > 60 ? 2 : undefined} maxLength={2000} dir="auto" {...form.field(variable.name)} />;
}

function valueOf(type: Variable["type"], text: string): string | number | boolean {
  return type === "number" ? Number(text) : type === "boolean" ? text === "true" : text.trim();
}

/** What a version declares. */
export function Declared({ value, error, onChange }: { value: Variable[]; error?: string; onChange: (next: Variable[]) => void }): JSX.Element {
  const put = (at: number, change: Partial<Variable>) => onChange(value.map((one, n) => (n === at ? { ...one, ...change } : one)));
  return (
    <fieldset class="agents-group">
      <legend>{t("agents.variables")}</legend>
      <p class="hint">{t("agents.variables_hint")}</p>
      <ul class="agents-list">
        {value.map((one, at) => (
          <li key={at} class="agents-entry">
            <Field label={t("agents.variable_name")} dir="ltr" maxLength={40} value={one.name} onInput={(name) => put(at, { name })} />
            <Select label={t("agents.variable_type")} options={TYPES.map((type) => ({ value: type, label: t(`agents.type.${type}`) }))} value={one.type} onChange={(type) => put(at, { type: type as Variable["type"], default: null })} />
            <Default variable={one} onChange={(text) => put(at, { default: text === "" ? null : valueOf(one.type, text) })} />
            <IconButton icon="trash" label={t("agents.remove_of", { name: one.name || String(at + 1) })} onClick={() => onChange(value.filter((_, n) => n !== at))} />
          </li>
        ))}
      </ul>
      {error && <p class="error" role="alert">{error}</p>}
      <div><Button small kind="quiet" icon="plus" onClick={() => onChange([...value, { name: "", type: "text", default: null }])}>{t("agents.add_variable")}</Button></div>
    </fieldset>
  );
}

function Default({ variable, onChange }: { variable: Variable; onChange: (text: string) => void }): JSX.Element {
  const value = variable.default === null ? "" : String(variable.default);
  if (variable.type === "boolean") {
    const options = [{ value: "", label: "–" }, { value: "true", label: t("agents.yes") }, { value: "false", label: t("agents.no") }];
    return <Select label={t("agents.variable_default")} options={options} value={value} onChange={onChange} />;
  }
  return <Field label={t("agents.variable_default")} type={variable.type === "text" ? "text" : variable.type} dir="auto" maxLength={2000} value={value} onInput={onChange} />;
}
