/** A prompt by itself: its agents, and its versions. */
import type { JSX } from "preact";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { to } from "@/router";
import { Page } from "@/ui";
import { PromptEditor } from "./prompt";

export function PromptPage({ id }: { id: string }): JSX.Element {
  const prompt = useOne("/v1/prompts/{id}", { path: { id } });
  const agents = useOne("/v1/agents", { query: { limit: 100 } });
  const own = agents.data?.data.filter((one) => one.prompt_id === id) ?? [];
  return (
    <Page title={prompt.data?.name ?? t("agents.prompt")} back={{ to: "/agents", label: t("agents.title") }} lead={own.length > 0 && <>{t("agents.used_by")} {own.map((one) => <a key={one.agent_id} class="agents-user" dir="auto" href={to(`/agents/${one.agent_id}`)}>{one.name}</a>)}</>}>
      <PromptEditor id={id} />
    </Page>
  );
}
