import type { JSX } from "preact";
import { call, get, patch, post, type Schemas } from "@/api/client";
import { useLoad, useOne } from "@/api/hooks";
import { isLanguage, language, t } from "@/i18n";
import { Button, Field, Form, ProblemBox, Select, Skeleton, useForm } from "@/ui";
import { TRADES } from "./business";
import { HoursField, inOrder, openDays, USUAL, type Week } from "./hours";
import type { StepProps } from "./index";
import { answerAll, type Agent } from "./setup";

type Template = Schemas["AgentTemplate"];
type Version = Schemas["Version"];

export function AgentStep(props: StepProps): JSX.Element {
  const templates = useOne("/v1/agent-templates", { query: { language: language.value } });
  const [first] = props.setup.agents;
  const version = useLoad(async (signal) => (first ? active(first.prompt_id, signal) : null), first?.prompt_id ?? "");
  const problem = templates.problem ?? version.problem;
  if (problem) return <ProblemBox problem={problem} retry={() => (void templates.reload(), void version.reload())} />;
  if (!templates.data || version.data === undefined) return <Skeleton lines={8} />;
  return <AgentForm key={first?.agent_id} {...props} templates={templates.data.data} agent={first} version={version.data} />;
}

async function active(prompt_id: string, signal: AbortSignal): Promise<Version | null> {
  const prompt = await get("/v1/prompts/{id}", { path: { id: prompt_id }, signal });
  const versions = await call<{ data: Version[] }>("GET", "/v1/prompts/{id}/versions", { path: { id: prompt_id }, signal });
  return versions.data.find((one) => one.version === prompt.active_version) ?? null;
}

function AgentForm({ setup, reload, next, templates, agent, version }: StepProps & { templates: Template[]; agent?: Agent; version: Version | null }): JSX.Element {
  const of = (trade: string) => templates.find((one) => one.trade === trade) ?? templates.at(-1)!;
  const greets = !version || version.variables.some((one) => one.name === "greeting");
  const trade = TRADES.find((one) => one === setup.business.industry) ?? "other";
  const form = useForm({
    initial: {
      trade: trade as string,
      name: agent?.name ?? t("onboarding.agent_name_usual"),
      greeting: String(agent?.variables.greeting ?? version?.variables.find((one) => one.name === "greeting")?.default ?? of(trade).greeting),
      instructions: version?.instructions ?? of(trade).instructions,
      hours: (agent?.hours?.days ?? USUAL) as Week,
      outside_hours: (agent?.outside_hours ?? "answer") as string,
    },
    names: { "variables.greeting": "greeting" },
    check: (values) => ({
      name: values.name.trim() ? undefined : t("onboarding.required"),
      instructions: values.instructions.trim() ? undefined : t("onboarding.required"),
      greeting: !greets || values.greeting.trim() ? undefined : t("onboarding.required"),
      hours: inOrder(values.hours) ? undefined : t("onboarding.hours_wrong"),
    }),
    submit: async (values) => {
      await save(setup, values, agent, version, greets);
      await reload();
      next();
    },
  });
  const { values } = form;
  const template = of(values.trade);
  const choose = (trade: string) => {
    const untouched = templates.some((one) => one.instructions === values.instructions);
    form.set({ trade, ...(untouched && { instructions: of(trade).instructions }) });
  };
  return (
    <Form form={form}>
      <Select label={t("onboarding.template")} options={TRADES.map((value) => ({ value, label: t(`onboarding.trade.${value}`) }))} {...form.select("trade")} onChange={choose} />
      <Field label={t("onboarding.agent_name")} required maxLength={100} dir="auto" {...form.field("name")} />
      {greets && <Field label={t("onboarding.greeting")} rows={2} maxLength={500} hint={t("onboarding.greeting_hint")} {...form.field("greeting")} />}
      <Field label={t("onboarding.instructions")} rows={14} maxLength={60000} required hint={t("onboarding.instructions_hint")} {...form.field("instructions")} />
      {greets && values.instructions !== template.instructions && (
        <div><Button small kind="quiet" icon="undo" onClick={() => form.set({ instructions: template.instructions })}>{t("onboarding.use_template")}</Button></div>
      )}
      <HoursField label={t("onboarding.hours")} value={values.hours} error={form.errors.hours} onChange={(hours) => form.set({ hours })} />
      <Select label={t("onboarding.outside")} options={(["answer", "away"] as const).map((value) => ({ value, label: t(`onboarding.outside.${value}`) }))} {...form.select("outside_hours")} />
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("onboarding.go_on")}</Button></div>
    </Form>
  );
}

type Values = { name: string; greeting: string; instructions: string; hours: Week; outside_hours: string };

/** Makes the agent with its prompt, or changes what is there; every number that nobody answers gets one like it. */
async function save(setup: StepProps["setup"], values: Values, agent: Agent | undefined, version: Version | null, greets: boolean): Promise<void> {
  const settings = {
    name: values.name.trim(),
    outside_hours: values.outside_hours,
    hours: { zone: setup.business.zone, days: openDays(values.hours), closed: agent?.hours?.closed ?? [] },
    variables: { ...agent?.variables, ...(greets && { greeting: values.greeting.trim() }) },
  };
  const variables = [{ name: "greeting", type: "text", default: values.greeting.trim() }];
  if (!agent) {
    const prompt = await post("/v1/prompts", { body: { name: settings.name, instructions: values.instructions, variables } as Schemas["NewPrompt"] });
    const code = setup.business.language.slice(0, 2);
    const body = { ...settings, prompt_id: prompt.prompt_id, language: isLanguage(code) ? code : "en" };
    const made = await call<Agent>("POST", "/v1/agents", { body });
    const { data: numbers } = await get("/v1/numbers", { query: { limit: 100 } }); // one may have been on its way when this page came
    return answerAll({ numbers, agents: [made, ...setup.agents] });
  }
  if (version && values.instructions !== version.instructions) {
    const body = { instructions: values.instructions, variables: version.variables };
    await call("POST", "/v1/prompts/{id}/versions", { path: { id: agent.prompt_id }, body });
  }
  const alike = setup.agents.filter((one) => one.prompt_id === agent.prompt_id);
  for (const one of alike) await patch("/v1/agents/{id}", { path: { id: one.agent_id }, body: settings as Schemas["AgentChange"] });
  await answerAll({ numbers: setup.numbers, agents: setup.agents.map((one) => ({ ...one, ...settings }) as Agent) });
}
