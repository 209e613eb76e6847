/** One message: who wrote it, what it says and carries, how far it came, and what one may do with it. */
import type { JSX } from "preact";
import { formatDate, t } from "@/i18n";
import { zone } from "@/session";
import { Button, Icon, IconButton, Ticks, Time } from "@/ui";
import { Carried } from "./carried";
import type { Message } from "./types";

interface BubbleProps {
  message: Message;
  /** The message that this one answers, where it is loaded. */
  quoted: Message | undefined;
  reactions: readonly Message[];
  agent: string;
  customer: string;
  marked: boolean;
  /** The one before is by the same author. */
  joined: boolean;
  canWrite: boolean;
  onReply: (message: Message) => void;
  onRetry: (message: Message) => void;
  onGo: (no: number) => void;
}

/** Who wrote a message, in words. */
export function authorOf(message: Message, agent: string, customer: string): string {
  if (message.sender === "user") return customer;
  if (message.author === "ai") return t("inbox.by_agent", { name: agent });
  if (message.author === "fallback") return t("inbox.by_gateway");
  if (message.author_name) return message.author_name;
  return message.sent_at ? t("inbox.by_other_device") : t("inbox.by_program");
}

/** What a message says, in a line. */
export function gist(message: Message): string {
  if (message.revoked_at) return t("inbox.deleted");
  return message.text || kindName(message.kind);
}

const KINDS = ["image", "audio", "video", "document", "sticker", "location", "contacts", "choices", "template", "reaction", "order"] as const;

/** What a message without words is: "Picture", "Voice message". */
export function kindName(kind: string): string {
  const known = KINDS.find((one) => one === kind);
  return known ? t(`inbox.kind.${known}`) : t("inbox.kind.other");
}

export function Bubble(props: BubbleProps): JSX.Element {
  const { message, quoted, reactions, marked, joined } = props;
  if (message.kind === "system") return <Event message={message} />;
  const ours = message.sender === "agent";
  const author = authorOf(message, props.agent, props.customer);
  const look = ["inbox-message", ours ? "ours" : "theirs", message.author, joined && "joined", marked && "marked"].filter(Boolean).join(" ");
  return (
    <article class={look} data-no={message.sequence_no} tabIndex={-1} aria-label={t("inbox.message_of", { name: author })}>
      {!joined && <p class="inbox-author" dir="auto">{author}</p>}
      <div class="inbox-line">
        <div class="inbox-bubble">
          {message.reply_no && !message.revoked_at ? <Quote {...props} quoted={quoted} /> : null}
          <Said message={message} />
          <p class="inbox-meta">
            {message.edited_at && !message.revoked_at && <span>{t("inbox.edited")}</span>}
            <Time at={message.timestamp} kind="clock" />
            {message.delivery && <Ticks status={message.delivery.status} />}
          </p>
        </div>
        {props.canWrite && message.platform_message_id && !message.revoked_at && (
          <span class="inbox-do"><IconButton label={t("inbox.reply_to", { name: author })} icon="undo" flip onClick={() => props.onReply(message)} /></span>
        )}
      </div>
      {reactions.length > 0 && (
        <p class="inbox-reactions">
          {latest(reactions).map((one) => (
            <span key={one.sequence_no} class="badge neutral" title={authorOf(one, props.agent, props.customer)}>
              <span class="unseen">{t("inbox.kind.reaction")} {authorOf(one, props.agent, props.customer)}: </span>
              {one.text || emojiOf(one)}
            </span>
          ))}
        </p>
      )}
      <Failure {...props} />
    </article>
  );
}

/** The last reaction of each side; an empty one took it back. */
function latest(reactions: readonly Message[]): Message[] {
  const by = new Map(reactions.map((one) => [one.sender, one]));
  return [...by.values()].filter((one) => one.text || emojiOf(one));
}

const emojiOf = (message: Message): string => String((message.content?.emoji as string | undefined) ?? "");

function Said({ message }: { message: Message }): JSX.Element {
  if (message.revoked_at) return <p class="inbox-text muted"><Icon name="trash" /> {t("inbox.deleted")}</p>;
  const edits = (message.content?.edits ?? []) as { text: string; until: string }[];
  return (
    <>
      {message.kind !== "choices" && <Carried message={message} />}
      {message.text && message.kind !== "contacts" && <p class="inbox-text" dir="auto">{message.text}</p>}
      {message.kind === "choices" && <Carried message={message} />}
      {edits.length > 0 && (
        <details class="inbox-edits">
          <summary>{t("inbox.said_before")}</summary>
          {edits.map((one) => (
            <p key={one.until}>
              <span dir="auto">{one.text}</span> <span class="muted small">{formatDate(one.until, zone(), { timeStyle: "short", dateStyle: "short" })}</span>
            </p>
          ))}
        </details>
      )}
    </>
  );
}

function Quote({ message, quoted, agent, customer, onGo }: BubbleProps): JSX.Element {
  return (
    <button type="button" class="inbox-quote" onClick={() => onGo(message.reply_no!)}>
      <span class="small">{quoted ? authorOf(quoted, agent, customer) : t("inbox.answers_earlier")}</span>
      {quoted && <span dir="auto">{gist(quoted).slice(0, 160)}</span>}
    </button>
  );
}

function Failure({ message, canWrite, onRetry }: BubbleProps): JSX.Element | null {
  const delivery = message.delivery;
  if (delivery?.status === "unknown") return <p class="inbox-failure muted">{t("inbox.unknown_why")}</p>;
  if (delivery?.status !== "failed") return null;
  return (
    <div class="inbox-failure">
      <p>
        <Icon name="alert" /> {t("inbox.failed")} {delivery.error_message && <span dir="auto">{delivery.error_message}</span>}
      </p>
      {canWrite && <Button small onClick={() => onRetry(message)}>{t("inbox.send_again")}</Button>}
    </div>
  );
}

/** Something that happened and nobody said. */
function Event({ message }: { message: Message }): JSX.Element {
  return (
    <p class="inbox-event" data-no={message.sequence_no}>
      <span dir="auto">{message.text || t("inbox.kind.other")}</span> <Time at={message.timestamp} kind="clock" />
    </p>
  );
}
