/** One's address: whether it is confirmed, the letter that confirms it, and another address in its place. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post } from "@/api/client";
import { t } from "@/i18n";
import { me } from "@/session";
import { Badge, Button, Card, Dialog, Field, Form, toast, toastProblem, useForm } from "@/ui";
import { PasswordField } from "../account/password_field";

export function Email(): JSX.Element {
  const { person, mail } = me.value!;
  const [asks, setAsks] = useState(false);
  const [sent, setSent] = useState("");
  const [busy, setBusy] = useState(false);
  const again = async () => {
    setBusy(true);
    const done = () => toast(t("shell.verify_sent", { email: person.email }));
    await post("/v1/verify-email/letter", { body: { email: person.email } }).then(done, toastProblem);
    setBusy(false);
  };
  const mark = person.email_verified ? <Badge tone="good" icon="check">{t("settings.email_confirmed")}</Badge> : <Badge tone="warn" icon="alert">{t("settings.email_unconfirmed")}</Badge>;
  return (
    <Card title={t("settings.email")} actions={mark}>
      <p class="settings-mail"><strong dir="ltr">{person.email}</strong></p>
      {!person.email_verified && <p class="note">{t(mail ? "settings.email_look" : "settings.email_no_mail")}</p>}
      <p role="status">{sent && t("settings.email_sent", { email: sent, old: person.email })}</p>
      {mail && (
        <div class="row">
          {!person.email_verified && <Button icon="send" busy={busy} onClick={() => void again()}>{t("shell.verify_again")}</Button>}
          <Button icon="edit" onClick={() => setAsks(true)}>{t("settings.email_change")}</Button>
        </div>
      )}
      <Dialog open={asks} title={t("settings.email_change")} onClose={() => setAsks(false)}>
        {asks && <Another onDone={(email) => (setAsks(false), setSent(email))} />}
      </Dialog>
    </Card>
  );
}

function Another({ onDone }: { onDone: (email: string) => void }): JSX.Element {
  const armed = me.value!.person.totp_enabled;
  const form = useForm({
    initial: { email: "", password: "", code: "" },
    check: ({ email, password, code }) => ({
      email: /^\S+@\S+\.\S+$/.test(email.trim()) ? undefined : t("settings.email_wrong"),
      password: password ? undefined : t("settings.needed"),
      code: !armed || code.trim() ? undefined : t("settings.needed"),
    }),
    submit: async ({ email, password, code }) => {
      await post("/v1/me/email", { body: { email: email.trim(), password, code: code.trim() } });
      onDone(email.trim());
    },
  });
  return (
    <Form form={form} label={t("settings.email_change")}>
      <p>{t("settings.email_what")}</p>
      <Field label={t("settings.email_new")} type="email" autocomplete="email" required dir="ltr" {...form.field("email")} />
      <PasswordField label={t("settings.password_now")} {...form.field("password")} />
      {armed && <Field label={t("settings.totp_code")} inputmode="numeric" autocomplete="one-time-code" required dir="ltr" maxLength={40} {...form.field("code")} />}
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.email_send")}</Button></div>
    </Form>
  );
}
