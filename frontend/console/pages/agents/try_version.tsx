/** A version on past messages: how a rehearsal is begun, and those that there were. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { asProblem, useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { navigate, to } from "@/router";
import { can } from "@/session";
import { Badge, Button, Card, Dialog, problemText, Select, Time, type Tone } from "@/ui";

const AMOUNTS = [5, 10, 20, 50];
const TONES: Record<string, Tone> = { running: "accent", done: "good", stopped: "neutral", failed: "danger" };
type Rehearsal = Schemas["Rehearsal"];

export const rehearsalAt = (one: { prompt_id: string; rehearsal_id: string }): string => `/agents/prompts/${one.prompt_id}/rehearsals/${one.rehearsal_id}`;

export function TryVersion({ promptId, version, onClose }: { promptId: string; version: number; onClose: () => void }): JSX.Element {
  const [turns, setTurns] = useState(20);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const begin = async () => {
    setBusy(true);
    setWrong("");
    try {
      navigate(rehearsalAt(await post("/v1/prompts/{id}/rehearsals", { path: { id: promptId }, body: { version, turns } })));
    } catch (error) {
      setWrong(problemText(asProblem(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      title={t("agents.rehearse_title", { count: version })}
      onClose={onClose}
      footer={<><Button onClick={onClose}>{t("common.cancel")}</Button><Button kind="primary" busy={busy} onClick={() => void begin()}>{t("agents.rehearse_start")}</Button></>}
    >
      <p>{t("agents.rehearse_text")}</p>
      <Select label={t("agents.rehearse_turns")} options={AMOUNTS.map((n) => ({ value: String(n), label: t("agents.rehearse_amount", { count: n }) }))} value={String(turns)} onChange={(value) => setTurns(Number(value))} />
      {wrong && <p class="error" role="alert">{wrong}</p>}
    </Dialog>
  );
}

export function Earlier({ promptId }: { promptId: string }): JSX.Element {
  const all = useOne("/v1/prompts/{id}/rehearsals", { path: { id: promptId } });
  if (!all.data?.data.length) return <></>;
  return (
    <Card title={t("agents.rehearsals")}>
      <ul class="agents-versions">
        {all.data.data.map((one) => (
          <li key={one.rehearsal_id}>
            <div>
              {can("conversations:read") ? <a href={to(rehearsalAt(one))}>{t("agents.version_no", { count: one.version })}</a> : t("agents.version_no", { count: one.version })}{" "}
              <RehearsalState rehearsal={one} /> <span class="muted"><Time at={one.created_at} /></span>
            </div>
            <span class="muted">{t("agents.rehearsal.progress", { count: one.done, all: one.turns })}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function RehearsalState({ rehearsal }: { rehearsal: Pick<Rehearsal, "state"> }): JSX.Element {
  return <Badge tone={TONES[rehearsal.state]!}>{t(`agents.rehearsal.${rehearsal.state}`)}</Badge>;
}
