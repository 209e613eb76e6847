/** What a message carries besides words: files, a place, contacts, choices, a template. */
import type { JSX } from "preact";
import { formatNumber, t } from "@/i18n";
import { Badge, Icon } from "@/ui";
import { kindName } from "./bubble";
import type { Message } from "./types";

type File = Message["media"][number];
type Any = Record<string, any>;

const address = (media_id: string) => `/v1/media/${encodeURIComponent(media_id)}`;
const web = (url: unknown) => (typeof url === "string" && /^https?:\/\//.test(url) ? url : undefined);

export function Carried({ message }: { message: Message }): JSX.Element | null {
  const content = (message.content ?? {}) as Any;
  if (message.media.length) return <>{message.media.map((file) => <Attachment key={file.media_id} file={file} />)}</>;
  switch (message.kind) {
    case "image": case "audio": case "video": case "document": case "sticker":
      return <OwnFile kind={message.kind} content={content} />;
    case "location":
      return <Place place={content.location ?? content} />;
    case "contacts":
      return <Cards cards={Array.isArray(content.contacts) ? content.contacts : []} />;
    case "choices":
      return <Choices options={Array.isArray(content.options) ? content.options : []} />;
    case "link":
      return web(content.url) ? <p><Outside href={content.url}>{String(content.title ?? content.url)}</Outside></p> : null;
    case "template":
      return <p class="inbox-carried"><Badge>{t("inbox.kind.template")}: {String(content.name ?? "")}</Badge></p>;
    case "location_request":
      return <p class="inbox-carried"><Badge>{t("inbox.kind.location")}</Badge></p>;
    default:
      return message.text ? null : <p class="muted">{kindName(message.kind)}</p>;
  }
}

function Attachment({ file }: { file: File }): JSX.Element {
  if (file.state !== "ready") return <p class="inbox-file muted"><Icon name={file.state === "pending" ? "clock" : "alert"} /> {kindName(file.kind)}: {t(`inbox.file.${file.state}`)}</p>;
  return (
    <>
      <Shown kind={file.kind} url={address(file.media_id)} name={file.filename} size={file.size_bytes} />
      {file.transcript && (
        <p class="inbox-transcript">
          <span class="small muted">{t("inbox.transcript")}</span> <span dir="auto">{file.transcript}</span>
        </p>
      )}
    </>
  );
}

/** A file that we sent: its own bytes, or an address elsewhere, which a browser of ours never loads by itself. */
function OwnFile({ kind, content }: { kind: string; content: Any }): JSX.Element {
  if (typeof content.media_id === "string") return <Shown kind={kind} url={address(content.media_id)} name={String(content.filename ?? "")} size={null} />;
  return <p class="inbox-file"><Icon name="attach" /> {web(content.url) ? <Outside href={content.url}>{kindName(kind)}</Outside> : kindName(kind)}</p>;
}

function Shown({ kind, url, name, size }: { kind: string; url: string; name: string; size: number | null }): JSX.Element {
  const label = name || kindName(kind);
  if (kind === "image" || kind === "sticker") {
    return <a class={`inbox-picture ${kind}`} href={url} target="_blank" rel="noreferrer"><img src={url} alt={label} loading="lazy" /></a>;
  }
  if (kind === "audio") return <audio class="inbox-audio" controls preload="none" src={url} aria-label={label} />;
  if (kind === "video") return <video class="inbox-video" controls preload="metadata" src={url} aria-label={label} />;
  return (
    <a class="inbox-file" href={url} download={name || undefined}>
      <Icon name="download" /> <span dir="auto">{label}</span>
      {size !== null && <span class="muted small">{formatNumber(Math.max(1, Math.round(size / 1024)))} kB</span>}
    </a>
  );
}

function Outside({ href, children }: { href: string; children: string }): JSX.Element {
  return <a href={href} target="_blank" rel="noopener noreferrer" dir="auto">{children} <Icon name="external" /></a>;
}

function Place({ place }: { place: Any }): JSX.Element {
  const [north, east] = [Number(place.latitude), Number(place.longitude)];
  const known = Number.isFinite(north) && Number.isFinite(east) && place.latitude !== undefined;
  return (
    <p class="inbox-place">
      <Icon name="globe" />{" "}
      {known ? <Outside href={`https://www.openstreetmap.org/?mlat=${north}&mlon=${east}#map=16/${north}/${east}`}>{[place.name, place.address].filter(Boolean).join(", ") || t("inbox.kind.location")}</Outside> : kindName("location")}
    </p>
  );
}

function Cards({ cards }: { cards: Any[] }): JSX.Element {
  return (
    <ul class="inbox-cards">
      {cards.map((card, at) => (
        <li key={at}>
          <Icon name="customer" /> <strong dir="auto">{String(card?.name?.formatted_name ?? kindName("contacts"))}</strong>
          {(Array.isArray(card?.phones) ? card.phones : []).map((one: Any, no: number) => <span key={no} dir="ltr">{String(one?.phone ?? "")}</span>)}
        </li>
      ))}
    </ul>
  );
}

function Choices({ options }: { options: Any[] }): JSX.Element {
  return (
    <ul class="inbox-choices" aria-label={t("inbox.kind.choices")}>
      {options.map((one, at) => <li key={at} dir="auto">{String(one?.title ?? "")}</li>)}
    </ul>
  );
}
