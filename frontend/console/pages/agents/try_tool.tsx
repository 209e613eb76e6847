/** A tool is tried once, with values that somebody types; what came of it stands below, as text. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { formatNumber, t } from "@/i18n";
import { Badge, Button, Dialog, Field, Form, Icon, Select, useForm, type FormState } from "@/ui";

type Tool = Schemas["Tool"];
type Trial = Schemas["Trial"];
type Parameter = Schemas["Parameter"];
type Values = Record<string, unknown>;
const FACTS = ["customer_name", "customer_phone", "customer_id", "conversation_id"] as const;

export function TryTool({ tool, onClose }: { tool: Tool; onClose: () => void }): JSX.Element {
  const [trial, setTrial] = useState<Trial>();
  const facts = FACTS.filter((name) => tool.url.includes(`{${name}}`) && !tool.parameters.some((one) => one.name === name));
  const form = useForm<Values>({
    initial: Object.fromEntries([...tool.parameters.map((one) => one.name), ...facts].map((name) => [name, ""])),
    names: Object.fromEntries(tool.parameters.map((one) => [`arguments.${one.name}`, one.name])),
    check: (values) => Object.fromEntries(tool.parameters.map((one) => [one.name, wrongIn(one, String(values[one.name] ?? ""))])),
    submit: async (values, idempotencyKey) => {
      setTrial(undefined);
      const given = tool.parameters.map((one) => [one.name, valueOf(one, String(values[one.name] ?? ""))]).filter(([, value]) => value !== undefined);
      const body = { arguments: Object.fromEntries(given), facts: Object.fromEntries(facts.map((name) => [name, String(values[name] ?? "")])) };
      setTrial(await post("/v1/tools/{id}/test", { path: { id: tool.tool_id }, body, idempotencyKey }));
    },
  });
  return (
    <Dialog open kind="wide" title={t("agents.tools.try_title", { name: tool.name })} onClose={onClose}>
      <div class="stack">
        <p class="muted">{tool.effect === "write" ? t("agents.tools.try_write") : t("agents.tools.try_read")}</p>
        <Form form={form}>
          {tool.parameters.map((one) => <Argument key={one.name} form={form} parameter={one} />)}
          {facts.map((name) => <Field key={name} label={t(`agents.tools.fact.${name}`)} hint={t("agents.tools.fact_hint")} required={false} autocomplete="off" dir="auto" maxLength={name === "customer_name" ? 255 : 50} {...form.field(name)} />)}
          <Button kind="primary" type="submit" busy={form.busy}>{t("agents.tools.try_now")}</Button>
        </Form>
        <div role="status">{trial && <Came trial={trial} />}</div>
      </div>
    </Dialog>
  );
}

function Argument({ form, parameter }: { form: FormState<Values>; parameter: Parameter }): JSX.Element {
  const { name, type, description, required, enum: choices } = parameter;
  const options = type === "boolean" ? [{ value: "true", label: t("agents.tools.yes") }, { value: "false", label: t("agents.tools.no") }] : choices && type === "string" ? choices.map((value) => ({ value, label: value })) : undefined;
  const common = { label: name, hint: description && <span dir="auto">{description}</span>, required: required ? undefined : false };
  if (options) return <Select {...common} options={[{ value: "", label: "–" }, ...options]} {...form.select(name)} />;
  return <Field {...common} autocomplete="off" dir="auto" maxLength={4000} inputmode={type === "string" ? "text" : type === "integer" ? "numeric" : "decimal"} {...form.field(name)} />;
}

/** What is typed, as the argument's type has it; undefined for one that is left out. */
function valueOf({ type, required }: Parameter, typed: string): string | number | boolean | undefined {
  if (!typed && (type !== "string" || !required)) return undefined;
  return type === "boolean" ? typed === "true" : type === "string" ? typed : Number(typed);
}

function wrongIn({ type, required, enum: choices }: Parameter, typed: string): string | undefined {
  if (!typed.trim()) return required && (type !== "string" || choices) ? t("agents.required") : undefined;
  if (type === "integer") return /^[-+]?\d+$/.test(typed.trim()) ? undefined : t("agents.tools.no_integer");
  return type === "number" && !Number.isFinite(Number(typed)) ? t("agents.tools.no_number") : undefined;
}

function Came({ trial }: { trial: Trial }): JSX.Element {
  const good = trial.outcome === "done";
  return (
    <div class="agents-tried">
      <p class="row">
        <Badge tone={good ? "good" : "danger"} icon={good ? "check" : "alert"}>{trial.status ? `HTTP ${trial.status}` : t("agents.tools.no_answer")}</Badge>
        <span class="muted">{formatNumber(trial.milliseconds / 1000, { style: "unit", unit: "second", maximumFractionDigits: 2 })}</span>
      </p>
      <p>{t(`agents.tools.outcome.${trial.outcome}`)}</p>
      {trial.unknown && <p class="error"><Icon name="alert" /> {t("agents.tools.try_unknown")}</p>}
      {trial.body && (
        <>
          <p class="small muted">{trial.shortened ? t("agents.tools.try_body_cut") : t("agents.tools.try_body")}</p>
          <pre class="agents-answer" dir="auto" tabIndex={0}>{trial.body}</pre>
        </>
      )}
    </div>
  );
}
