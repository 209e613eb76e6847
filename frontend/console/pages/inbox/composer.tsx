/** Where a person writes: it knows what the channel allows now, and what else could be sent. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { formatNumber, t } from "@/i18n";
import { liveState, useLive } from "@/live";
import { to } from "@/router";
import { changePerson, me } from "@/session";
import { Button, Icon, IconButton, Menu, problemText, Skeleton, Time } from "@/ui";
import { authorOf, gist } from "./bubble";
import { typing } from "./conversation";
import { draftOf, keepDraft } from "./drafts";
import { segments } from "./segments";
import { TemplateDialog } from "./templates";
import type { Message } from "./types";
import { LARGEST, type Upload, useUpload } from "./uploads";

type Body = Schemas["NewMessage"];
export interface ComposerProps {
  id: string;
  conversation: Schemas["Conversation"];
  platform: string | undefined;
  agent: string;
  customer: string;
  /** Another member who writes here at this moment. */
  member: string;
  byKey: number;
  /** The last number that the customer wrote: it opens the channel's window. */
  inbound: number;
  reply: Message | undefined;
  onReply: (message: Message | undefined) => void;
  onSend: (body: Body, label?: string) => void;
}

const ENTER = "inbox.enter_sends";
const LONGEST = 10_000;

export function Composer(props: ComposerProps): JSX.Element {
  const { id, conversation, inbound } = props;
  const window_ = useOne("/v1/conversations/{id}/window", { path: { id } });
  const allowed = window_.data?.human;
  useEffect(() => {
    if (inbound) void window_.reload();
  }, [inbound]);
  useLive("resumed", () => void window_.reload());
  useEffect(() => {
    const closes = allowed?.closes_at ? new Date(allowed.closes_at).getTime() - Date.now() : 0;
    if (closes <= 0 || closes > 86_400_000 * 2) return;
    const timer = setTimeout(() => void window_.reload(), closes + 1000);
    return () => clearTimeout(timer);
  }, [allowed?.closes_at]);
  if (!conversation.is_active) return <div class="inbox-composer muted">{t("inbox.closed_composer")}</div>;
  if (!window_.data) return <div class="inbox-composer">{window_.problem ? <p>{problemText(window_.problem)}</p> : <Skeleton lines={1} />}</div>;
  return (
    <div class="inbox-composer">
      <Offline />
      {allowed?.allowed ? <Writer {...props} late={Boolean(allowed.closes_at && new Date(allowed.closes_at).getTime() < Date.now())} closes={allowed.closes_at} template={window_.data.template.allowed && props.platform === "whatsapp"} /> : <Closed {...props} windows={window_.data} />}
    </div>
  );
}

function Offline(): JSX.Element | null {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => (removeEventListener("online", look), removeEventListener("offline", look));
  }, []);
  if (online && liveState.value !== "reconnecting") return null;
  return <p class="inbox-hint warn" role="status"><Icon name="alert" /> {t("inbox.offline")}</p>;
}

/** Outside of what the channel allows: why, and what may be sent instead. */
function Closed({ windows, ...props }: ComposerProps & { windows: Schemas["Windows"] }): JSX.Element {
  const [templates, setTemplates] = useState(false);
  const { reason } = windows.human;
  const other = windows.other_conversations[0];
  return (
    <div class="inbox-window-closed">
      <p><Icon name="clock" /> {reason === "opted_out" ? t("inbox.window.opted_out", { name: props.customer }) : props.platform === "instagram" ? t("inbox.window.instagram") : t("inbox.window.closed", { name: props.customer })}</p>
      <div class="actions">
        {windows.template.allowed && reason !== "opted_out" && <Button kind="primary" onClick={() => setTemplates(true)}>{t("inbox.choose_template")}</Button>}
        {other && <a class="button plain" href={to(`/inbox/${other}`)}><span>{t("inbox.other_conversation")}</span></a>}
      </div>
      {templates && <TemplateDialog number={props.conversation.phone_number_id} customer={props.customer} onSend={props.onSend} onClose={() => setTemplates(false)} />}
    </div>
  );
}

function Writer(props: ComposerProps & { late: boolean; closes: string | null; template: boolean }): JSX.Element {
  const { id, conversation, platform, agent, reply, onReply, onSend, late, closes } = props;
  const [text, setText] = useState(() => draftOf(id));
  const [templates, setTemplates] = useState(false);
  const { upload, begin, drop } = useUpload();
  const area = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const tell = useMemo(() => typing(id), [id]);
  const enterSends = me.value?.person.preferences?.[ENTER] !== false;

  useLayoutEffect(() => {
    if (props.byKey) area.current?.focus();
  }, [props.byKey]);
  useEffect(() => {
    if (reply) area.current?.focus();
  }, [reply]);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.setProperty("block-size", "auto");
    element.style.setProperty("block-size", `${Math.min(element.scrollHeight + 2, 220)}px`);
  }, [text]);

  const write = (value: string) => {
    setText(value);
    keepDraft(id, value);
    if (value.trim() && conversation.owner === "human") tell();
  };
  const ready = upload ? Boolean(upload.stored) : Boolean(text.trim());
  const send = () => {
    if (!ready || text.length > LONGEST) return;
    const file = upload?.stored;
    const body: Body = { kind: file ? (file.kind as "image") : "text", text: text.trim(), data: file ? { media_id: file.media_id, mime_type: file.mime_type, filename: file.filename || null } : {}, reply_to: reply?.message_id ?? null };
    onSend(body, file ? [file.filename, text.trim()].filter(Boolean).join(" · ") : text.trim());
    write("");
    drop();
    onReply(undefined);
    area.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      if (reply) onReply(undefined);
      else area.current?.blur();
      document.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (enterSends && !event.shiftKey))) {
      event.preventDefault();
      send();
    }
  };
  return (
    <div
      class="inbox-writer"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file) begin(file);
      }}
    >
      {conversation.owner === "agent" && <p class="inbox-hint"><Icon name="hand" /> {t("inbox.takes_over", { name: agent })}</p>}
      {props.member && <p class="inbox-hint warn"><Icon name="edit" /> {t("inbox.member_writes", { name: props.member })}</p>}
      {late ? <p class="inbox-hint">{t("inbox.window.human_tag")}</p> : closes && <Closing at={closes} />}
      {reply && (
        <div class="inbox-replying">
          <p><span class="small">{authorOf(reply, agent, props.customer)}</span> <span dir="auto">{gist(reply).slice(0, 140)}</span></p>
          <IconButton label={t("inbox.no_reply")} icon="close" onClick={() => onReply(undefined)} />
        </div>
      )}
      {upload && <Uploaded upload={upload} onDrop={drop} />}
      <div class="inbox-field">
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          maxLength={LONGEST}
          aria-label={t("inbox.write_to", { name: props.customer })}
          placeholder={t("inbox.write")}
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKey}
          onPaste={(event) => {
            const file = event.clipboardData?.files[0];
            if (file) {
              event.preventDefault();
              begin(file);
            }
          }}
        />
        <input ref={chooser} type="file" hidden tabIndex={-1} onChange={(event) => (event.currentTarget.files?.[0] && begin(event.currentTarget.files[0]), (event.currentTarget.value = ""))} />
        <div class="inbox-tools">
          <IconButton label={t("inbox.attach")} icon="attach" onClick={() => chooser.current?.click()} />
          <Menu
            label={t("inbox.more")} look="icon-button" up side="end" button={<Icon name="more" />}
            items={[
              ...(props.template ? [{ label: t("inbox.choose_template"), icon: "copy" as const, onSelect: () => setTemplates(true) }] : []),
              { heading: t("inbox.enter") },
              { label: t("inbox.enter.sends"), checked: enterSends, onSelect: () => void changePerson({ preferences: { [ENTER]: true } }).catch(() => undefined) },
              { label: t("inbox.enter.line"), checked: !enterSends, onSelect: () => void changePerson({ preferences: { [ENTER]: false } }).catch(() => undefined) },
            ]}
          />
          <Button kind="primary" icon="send" disabled={!ready} onClick={send}>{t("inbox.send")}</Button>
        </div>
      </div>
      {platform === "sms" && text && <Counted text={text} />}
      {templates && <TemplateDialog number={conversation.phone_number_id} customer={props.customer} onSend={onSend} onClose={() => setTemplates(false)} />}
    </div>
  );
}

/** Said when it is near: until when the customer can be written to freely. */
function Closing({ at }: { at: string }): JSX.Element | null {
  if (new Date(at).getTime() - Date.now() > 3 * 3_600_000) return null;
  return <p class="inbox-hint"><Icon name="clock" /> {t("inbox.window.closes")} <Time at={at} /></p>;
}

function Counted({ text }: { text: string }): JSX.Element {
  const { parts, room } = segments(text);
  return <p class="inbox-hint" role="status">{t("inbox.segments", { count: parts })} · {t("inbox.segments_room", { room })}</p>;
}

function Uploaded({ upload, onDrop }: { upload: Upload; onDrop: () => void }): JSX.Element {
  const per = Math.round(upload.done * 100);
  const why = upload.problem && (upload.problem.status === 413 ? t("inbox.too_large", { megabytes: LARGEST / 1024 / 1024 }) : problemText(upload.problem));
  return (
    <div class="inbox-uploaded">
      <p>
        <Icon name={why ? "alert" : "attach"} /> <span dir="auto">{upload.name}</span> <span class="muted small">{formatNumber(Math.max(1, Math.round(upload.size / 1024)))} kB</span>
        {why && <span class="error" role="alert"> {why}</span>}
      </p>
      {!upload.stored && !why && <progress max={100} value={per} aria-label={t("inbox.uploading", { name: upload.name })}>{per} %</progress>}
      <IconButton label={t("inbox.remove_file", { name: upload.name })} icon="close" onClick={onDrop} />
    </div>
  );
}
