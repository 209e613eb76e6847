/** A new agent: from the template of a trade, or empty. */
import type { JSX } from "preact";
import { call, post, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { navigate } from "@/router";
import { me } from "@/session";
import { Button, Dialog, Field, Form, ProblemBox, Select, Skeleton, useForm } from "@/ui";
import { type Agent, languageOptions, LANGUAGES } from "./kept";

const EMPTY = "empty";

export function NewAgent({ open, onClose }: { open: boolean; onClose: () => void }): JSX.Element {
  return (
    <Dialog open={open} title={t("agents.new")} onClose={onClose}>
      <Loaded />
    </Dialog>
  );
}

function Loaded(): JSX.Element {
  const templates = useOne("/v1/agent-templates");
  if (templates.problem) return <ProblemBox problem={templates.problem} retry={() => void templates.reload()} />;
  if (!templates.data) return <Skeleton lines={4} />;
  return <NewForm templates={templates.data.data} />;
}

function NewForm({ templates }: { templates: Schemas["AgentTemplate"][] }): JSX.Element {
  const own = me.value!.business;
  const code = LANGUAGES.find((one) => one === own.language.slice(0, 2)) ?? "en";
  const form = useForm({
    initial: { name: "", trade: templates[0]?.trade as string, language: code as string },
    check: ({ name }) => ({ name: name.trim() ? undefined : t("agents.required") }),
    submit: async ({ name, trade, language }, key) => {
      const template = templates.find((one) => one.trade === trade);
      const variables = template ? [{ name: "greeting", type: "text", default: template.greeting }] : [];
      const instructions = template?.instructions ?? t("agents.empty_prompt", { business: own.company_name ?? "" });
      const prompt = await post("/v1/prompts", { body: { name: name.trim(), instructions, variables } as Schemas["NewPrompt"], idempotencyKey: key });
      const made = await call<Agent>("POST", "/v1/agents", { body: { name: name.trim(), prompt_id: prompt.prompt_id, language }, idempotencyKey: `${key}-agent` });
      navigate(`/agents/${made.agent_id}`);
    },
  });
  const options = [...templates.map((one) => ({ value: one.trade as string, label: t(`agents.trade.${one.trade}`) })), { value: EMPTY, label: t("agents.empty") }];
  return (
    <Form form={form} label={t("agents.new")}>
      <Field label={t("agents.name")} hint={t("agents.name_hint")} maxLength={100} dir="auto" {...form.field("name")} />
      <Select label={t("agents.start_from")} options={options} {...form.select("trade")} />
      <Select label={t("agents.language")} hint={t("agents.language_hint")} options={languageOptions()} {...form.select("language")} />
      <Button kind="primary" type="submit" busy={form.busy}>{t("agents.make")}</Button>
    </Form>
  );
}
