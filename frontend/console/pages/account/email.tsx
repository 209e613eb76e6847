import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post } from "@/api/client";
import { asProblem } from "@/api/hooks";
import type { ApiProblem } from "@/api/problem";
import { t } from "@/i18n";
import { query } from "@/router";
import { loadMe } from "@/session";
import { LinkButton, Page, ProblemBox, Skeleton } from "@/ui";

/** Where the link of the letter to a new address leads: `/email?token=…`. It works for whoever asked for it, signed in. */
export default function ChangeEmail(): JSX.Element {
  const [email, setEmail] = useState("");
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    post("/v1/me/email/confirm", { body: { token: query.value.get("token") ?? "" } })
      .then(async ({ person }) => (await loadMe(), setEmail(person.email)))
      .catch((error: unknown) => setProblem(asProblem(error)));
  }, []);
  const title = email ? t("account.email_change.done") : problem ? t("account.email_change.failed") : t("account.email_change.title");
  return (
    <Page title={title} lead={email ? t("account.email_change.lead", { email }) : undefined}>
      {!email && !problem && <Skeleton />}
      {problem && <ProblemBox problem={problem} />}
      {(email || problem) && <LinkButton kind="primary" to="/settings/account">{t("account.go_on")}</LinkButton>}
    </Page>
  );
}
