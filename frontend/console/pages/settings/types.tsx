/** Which kinds of news somebody is told. */
import type { JSX } from "preact";
import { formatList, type Key, t } from "@/i18n";
import { Checkbox } from "@/ui";

export const TYPES = [
  "lead.hot", "lead.rose", "conversation.handed_over", "meeting.booked", "meeting.cancelled", "alert.raised", "alert.resolved", "contact.erased",
] as const;
export type EventType = (typeof TYPES)[number];

export const typeName = (type: string) => (type === "webhook.test" || TYPES.includes(type as EventType) ? t(`settings.event.${type}` as Key) : type);

/** Null is all, also what is added later. */
export const typeNames = (types: readonly string[] | null) => (types ? formatList(types.map(typeName)) : t("settings.event_all"));

export function TypesField({ value, error, onChange }: { value: readonly string[] | null; error?: string; onChange: (types: EventType[] | null) => void }): JSX.Element {
  const put = (type: EventType, on: boolean) => onChange(TYPES.filter((one) => (one === type ? on : value?.includes(one))));
  return (
    <fieldset class="settings-scopes">
      <legend>{t("settings.event_which")}</legend>
      {error && <p class="error" role="alert">{error}</p>}
      <Checkbox label={t("settings.event_all")} hint={t("settings.event_all_hint")} checked={value === null} onChange={(on) => onChange(on ? null : [])} />
      {value !== null && (
        <div class="settings-types">
          {TYPES.map((type) => <Checkbox key={type} label={typeName(type)} checked={value.includes(type)} onChange={(on) => put(type, on)} />)}
        </div>
      )}
    </fieldset>
  );
}
