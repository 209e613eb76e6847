/** The guide of a number: what to do where, in order, and a live list of what works already. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { can } from "@/session";
import { Badge, Button, Copy, Icon, ProblemBox, Skeleton, Time, toastProblem, type Platform } from "@/ui";
import { says, worded } from "./says";
import "./guide.css";

type Setup = Schemas["NumberSetup"];
const LOOK_MS = 3000; // some of it is seen by no event, e.g. that a page was opened
const STEPS = {
  whatsapp: ["webhook", "fields", "connect", "write"],
  instagram: ["webhook", "fields", "connect", "write"],
  sms: ["connect", "byhand", "write"],
  webchat: ["snippet", "write"],
} as const;
const VALUES: Record<string, string[]> = {
  webhook: ["webhook_url", "verify_token"], byhand: ["message_url", "status_url"], snippet: ["snippet"], write: ["page_url"],
};
const TONE = { ok: "good", failed: "danger", waiting: "neutral" } as const;
const ICON = { ok: "check", failed: "alert", waiting: "clock" } as const;

export function NumberGuide({ id }: { id: string }): JSX.Element {
  const setup = useOne("/v1/numbers/{id}/setup", { path: { id } });
  const ready = setup.data?.ready;
  useLive(["message.received", "message.sent", "message.delivered", "resumed"], () => void setup.reload());
  useEffect(() => {
    if (ready) return;
    const timer = setInterval(() => document.hidden || void setup.reload(), LOOK_MS);
    return () => clearInterval(timer);
  }, [ready, setup.reload]);
  if (!setup.data) return setup.problem ? <ProblemBox problem={setup.problem} retry={() => void setup.reload()} /> : <Skeleton lines={5} />;
  return (
    <div class="health-guide">
      <Checks setup={setup.data} />
      <details open={!ready}>
        <summary>{t("guide.how")}</summary>
        <Steps id={id} setup={setup.data} onChange={setup.set} />
      </details>
    </div>
  );
}

function Steps({ id, setup, onChange }: { id: string; setup: Setup; onChange: (setup: Setup) => void }): JSX.Element {
  const platform = setup.platform as Platform;
  return (
    <ol class="health-steps">
      {STEPS[platform].map((step) => (
        <li key={step}>
          <p>{t(`guide.do.${platform}.${step}` as "guide.do.whatsapp.webhook")}</p>
          {setup.values.filter((one) => VALUES[step]?.includes(one.name)).map((one) => (
            <Copy key={one.name} label={t(`guide.value.${one.name as "snippet"}`)} value={one.value} secret={one.name === "verify_token"} />
          ))}
          {step === "fields" && <Copy label={t("guide.fields")} value={setup.fields.join(", ")} />}
          {step === "connect" && can("numbers:write") && <Ask id={id} onChange={onChange} />}
        </li>
      ))}
    </ol>
  );
}

function Ask({ id, onChange }: { id: string; onChange: (setup: Setup) => void }): JSX.Element {
  const [busy, setBusy] = useState("");
  const ask = (what: "connect" | "check") => {
    setBusy(what);
    call<Setup>("POST", `/v1/numbers/{id}/${what}`, { path: { id } }).then(onChange).catch((error) => toastProblem(worded(error))).finally(() => setBusy(""));
  };
  return (
    <div class="row">
      <Button icon="link" busy={busy === "connect"} onClick={() => ask("connect")}>{t("guide.connect")}</Button>
      <Button kind="quiet" busy={busy === "check"} onClick={() => ask("check")}>{t("guide.check_now")}</Button>
    </div>
  );
}

function Checks({ setup }: { setup: Setup }): JSX.Element {
  const shown = setup.checks.filter((one) => one.state !== "not_needed");
  const good = shown.filter((one) => one.state === "ok").length;
  return (
    <>
      <p role="status" class={setup.ready ? "health-ready" : "muted"}>
        {setup.ready ? <><Icon name="check" /> {t("guide.ready")}</> : t("guide.progress", { good, all: shown.length })}
      </p>
      <ul class="health-checks" aria-label={t("guide.checks")}>
        {shown.map((one) => (
          <li key={one.name} class={one.state}>
            <Badge tone={TONE[one.state as "ok"]} icon={ICON[one.state as "ok"]}>{t(`guide.state.${one.state as "ok"}`)}</Badge>
            <div>
              <strong>{t(`guide.check.${one.name}`)}</strong>
              {one.at && <span class="muted small"> <Time at={one.at} /></span>}
              {one.state !== "ok" && <p class="small" dir="auto">{says(one)}</p>}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
