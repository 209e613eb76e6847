/** A password: says when capitals are locked, and while a new one is typed how strong it is. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "@/i18n";
import { Field, Icon } from "@/ui";
import type { FieldProps } from "@/ui/field";

export const LEAST = 10;

/** `fresh`: one that is chosen now, so a password manager offers to make it. The words are of the account pages. */
export function PasswordField({ fresh, hint, ...props }: FieldProps & { fresh?: boolean }): JSX.Element {
  const [locked, setLocked] = useState(false);
  const look = (event: KeyboardEvent) => setLocked(event.getModifierState?.("CapsLock") ?? false);
  const strength = fresh ? strengthOf(props.value) : "";
  const usual = strength ? t(`account.strength.${strength}`) : (hint ?? (fresh && t("account.password.hint", { least: LEAST })));
  const told = locked ? <><Icon name="alert" /> {t("account.caps_lock")}</> : usual;
  return (
    <div onKeyDown={look} onKeyUp={look}>
      <Field {...props} type="password" required dir="ltr" autocomplete={fresh ? "new-password" : "current-password"} hint={told || undefined} />
    </div>
  );
}

/** A word about a password while it is typed; the gateway has the last one. */
function strengthOf(password: string): "" | "weak" | "fair" | "good" {
  if (!password) return "";
  const letters = new Set(password).size;
  if ([...password].length < LEAST || letters < 5) return "weak";
  return password.length >= 16 && letters >= 8 ? "good" : "fair";
}
