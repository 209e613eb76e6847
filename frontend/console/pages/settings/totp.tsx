/** The authenticator app: set up by a QR code, confirmed by a code, ended by the password. */
import type { JSX } from "preact";
import { generate } from "lean-qr/nano";
import { useState } from "preact/hooks";
import { del, post, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { loadMe } from "@/session";
import { Badge, Button, Card, Copy, Dialog, Field, Form, ProblemBox, Skeleton, toast, toastProblem, useForm } from "@/ui";
import { PasswordField } from "../account/password_field";

export function App(): JSX.Element {
  const own = useOne("/v1/me");
  const [secret, setSecret] = useState<Schemas["AppSecret"]>();
  const [codes, setCodes] = useState<string[]>();
  const [ending, setEnding] = useState(false);
  const [busy, setBusy] = useState(false);
  const begin = async () => {
    setBusy(true);
    await post("/v1/me/totp").then(setSecret, toastProblem);
    setBusy(false);
  };
  const confirmed = async (found: string[]) => {
    setSecret(undefined);
    setCodes(found);
    await Promise.all([own.reload(), loadMe()]);
  };
  const ended = async () => {
    setEnding(false);
    toast(t("settings.totp_ended"));
    await Promise.all([own.reload(), loadMe()]);
  };
  const person = own.data?.person;
  return (
    <Card title={t("settings.totp")} actions={person && <Badge tone={person.totp_enabled ? "good" : "neutral"}>{t(person.totp_enabled ? "settings.on" : "settings.off")}</Badge>}>
      {!person && (own.problem ? <ProblemBox problem={own.problem} retry={() => void own.reload()} /> : <Skeleton lines={2} />)}
      {person && !person.totp_enabled && (
        <>
          <p class="muted">{t("settings.totp_why")}</p>
          <Button icon="phone" busy={busy} onClick={() => void begin()}>{t("settings.totp_begin")}</Button>
        </>
      )}
      {person?.totp_enabled && (
        <>
          <p class="muted">{t("settings.totp_is_on")} {t("settings.codes_left", { count: person.recovery_codes_left })}</p>
          <Button onClick={() => setEnding(true)}>{t("settings.totp_end")}</Button>
        </>
      )}
      <Dialog open={!!secret} title={t("settings.totp_begin")} onClose={() => setSecret(undefined)}>{secret && <SetUp secret={secret} onDone={confirmed} />}</Dialog>
      <Dialog open={!!codes} title={t("settings.codes")} onClose={() => setCodes(undefined)} footer={<Button kind="primary" onClick={() => setCodes(undefined)}>{t("settings.codes_kept")}</Button>}>
        {codes && <Codes codes={codes} />}
      </Dialog>
      <Dialog open={ending} title={t("settings.totp_end")} onClose={() => setEnding(false)}>{ending && <Ending onDone={ended} />}</Dialog>
    </Card>
  );
}

function SetUp({ secret, onDone }: { secret: Schemas["AppSecret"]; onDone: (codes: string[]) => Promise<void> }): JSX.Element {
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({ code: /^\d{6}$/.test(code.replace(/\s/g, "")) ? undefined : t("settings.totp_digits") }),
    submit: async ({ code }) => onDone((await post("/v1/me/totp/confirm", { body: { code } })).recovery_codes),
  });
  return (
    <div class="stack">
      <p>{t("settings.totp_scan")}</p>
      <QrCode text={secret.uri} />
      <Copy label={t("settings.totp_secret")} value={secret.secret} />
      <Form form={form} label={t("settings.totp_begin")}>
        <Field label={t("settings.totp_code")} inputmode="numeric" autocomplete="one-time-code" required dir="ltr" maxLength={7} {...form.field("code")} />
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.totp_confirm")}</Button></div>
      </Form>
    </div>
  );
}

/** Black on white in both schemes: that is what cameras read. */
function QrCode({ text }: { text: string }): JSX.Element {
  const code = generate(text);
  const places = Array.from({ length: code.size * code.size }, (_, n) => [n % code.size, Math.floor(n / code.size)] as const);
  const path = places.filter(([x, y]) => code.get(x, y)).map(([x, y]) => `M${x} ${y}h1v1h-1z`).join("");
  return (
    <svg class="settings-qr" role="img" aria-label={t("settings.totp_qr")} viewBox={`-4 -4 ${code.size + 8} ${code.size + 8}`} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  );
}

function Codes({ codes }: { codes: string[] }): JSX.Element {
  return (
    <div class="stack">
      <p>{t("settings.codes_why")}</p>
      <ul class="settings-codes" dir="ltr">{codes.map((one) => <li key={one}><code>{one}</code></li>)}</ul>
      <Copy label={t("settings.codes_all")} value={codes.join(" ")} />
    </div>
  );
}

function Ending({ onDone }: { onDone: () => Promise<void> }): JSX.Element {
  const form = useForm({
    initial: { password: "" },
    check: ({ password }) => ({ password: password ? undefined : t("settings.needed") }),
    submit: async (body) => {
      await del("/v1/me/totp", { body });
      await onDone();
    },
  });
  return (
    <Form form={form} label={t("settings.totp_end")}>
      <p>{t("settings.totp_end_what")}</p>
      <PasswordField label={t("settings.password_now")} {...form.field("password")} />
      <div><Button kind="danger" type="submit" busy={form.busy}>{t("settings.totp_end")}</Button></div>
    </Form>
  );
}
