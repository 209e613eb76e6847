import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { to } from "@/router";
import { Button, Card, ChannelMark, Icon, problemText, toastProblem } from "@/ui";
import type { StepProps } from "./index";
import { talkTo } from "./phone";
import { answerAll, keep } from "./setup";

export function TestStep({ setup, reload, next }: StepProps): JSX.Element {
  const { numbers, agents, business } = setup;
  const chat = numbers.find((one) => one.platform === "webchat");
  const answered = chat && agents.some((one) => one.phone_number_id === chat.id);
  const [busy, setBusy] = useState(false);
  const offer = async () => {
    setBusy(true);
    try {
      const made = chat ? [] : [await post("/v1/numbers", { body: { platform: "webchat", display_name: business.company_name } as Schemas["NewNumber"] })];
      await answerAll({ numbers: [...numbers, ...made], agents });
      await reload();
    } catch (error) {
      toastProblem(error);
    }
    setBusy(false);
  };
  const finish = async () => {
    setBusy(true);
    try {
      await keep({ onboarding_completed: true });
      next();
    } catch (error) {
      setBusy(false);
      toastProblem(error);
    }
  };
  if (!agents.length) return <Card><p>{t("onboarding.agent_first")}</p><a class="button primary" href={to("/onboarding/agent")}>{t("onboarding.short.agent")}</a></Card>;
  if (!chat || !answered) {
    return (
      <Card>
        <p>{t("onboarding.no_chat")}</p>
        <Button kind="primary" busy={busy} onClick={() => void offer()}>{t("onboarding.make_chat")}</Button>
      </Card>
    );
  }
  return (
    <>
      <Phone number={chat.meta_phone_number_id} name={chat.display_name || business.company_name || ""} />
      <div><Button kind="primary" busy={busy} onClick={() => void finish()}>{t("onboarding.finish")}</Button></div>
    </>
  );
}

function Phone({ number, name }: { number: string; name: string }): JSX.Element {
  const talk = useMemo(() => talkTo(number), [number]);
  useLayoutEffect(() => talk.end, [talk]); // who leaves before anything was painted ends it too
  const [text, setText] = useState("");
  const log = useRef<HTMLDivElement>(null);
  const said = talk.said.value;
  const writing = talk.writing.value;
  useEffect(() => log.current?.scrollTo(0, log.current.scrollHeight), [said, writing]);
  const say = () => {
    if (!text.trim()) return;
    talk.say(text.trim());
    setText("");
  };
  return (
    <div class="onboarding-test">
      <section class="onboarding-phone" aria-label={t("onboarding.phone")}>
        <header><strong dir="auto">{name}</strong></header>
        <div class="onboarding-log" role="log" aria-label={t("onboarding.phone_log")} tabIndex={0} ref={log}>
          {!said.length && <p class="muted">{talk.problem.value ? problemText(talk.problem.value) : t("onboarding.phone_hint")}</p>}
          {said.map((one) => <p key={one.id} dir="auto" class={one.ours ? "ours" : "theirs"}>{one.text}</p>)}
          {writing !== null && <p class="theirs" dir="auto">{writing || "…"}</p>}
        </div>
        <form onSubmit={(event) => (event.preventDefault(), say())}>
          <input dir="auto" aria-label={t("onboarding.phone_write")} placeholder={t("onboarding.phone_write")} value={text} maxLength={2000} onInput={(event) => setText(event.currentTarget.value)} />
          <button type="submit" class="icon-button" aria-label={t("onboarding.phone_send")} disabled={talk.state.value === "broken"}><Icon name="send" flip /></button>
        </form>
      </section>
      <Arriving conversation={talk.conversation.value} />
    </div>
  );
}

/** What the business sees of it. */
function Arriving({ conversation }: { conversation: string | null }): JSX.Element {
  const list = useList(conversation ? "/v1/conversations/{id}/messages" : undefined, { path: { id: conversation ?? "" } });
  useLive("*", (event) => void ((event.type === "resumed" || event.conversation_id === conversation) && conversation && list.reload()));
  return (
    <section class="card onboarding-arriving" aria-label={t("onboarding.arriving")}>
      <h2>{t("onboarding.arriving")}</h2>
      {!list.items.length ? <p class="muted">{t("onboarding.arriving_none")}</p> : (
        <>
          <p role="status" class="row"><ChannelMark platform="webchat" named /> {list.items.some((one) => one.sender === "agent") ? t("onboarding.answered") : t("onboarding.arrived")}</p>
          <ul>
            {list.items.map((one) => (
              <li key={one.message_id}><strong class="small">{one.sender === "user" ? t("onboarding.visitor") : t("onboarding.your_agent")}</strong> <span dir="auto">{one.text}</span></li>
            ))}
          </ul>
          <a href={to(`/inbox/${conversation}`)}>{t("onboarding.open_inbox")}</a>
        </>
      )}
    </section>
  );
}
