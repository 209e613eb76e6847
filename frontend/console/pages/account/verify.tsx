import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call } from "@/api/client";
import { asProblem } from "@/api/hooks";
import type { ApiProblem } from "@/api/problem";
import { t } from "@/i18n";
import { query } from "@/router";
import { loadMe, me } from "@/session";
import { LinkButton, ProblemBox, Skeleton } from "@/ui";
import { Outside } from "./frame";
import { LetterAgain } from "./letter_again";

/** Where the link of the letter leads: `/verify?token=…`. */
export default function VerifyEmail(): JSX.Element {
  const [done, setDone] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    call("POST", "/v1/verify-email", { body: { token: query.value.get("token") ?? "" } })
      .then(() => (setDone(true), void loadMe().catch(() => null)), (error) => setProblem(asProblem(error)));
  }, []);
  return (
    <Outside title={done ? t("account.verify.done") : problem ? t("account.verify.failed") : t("account.verify.title")}>
      {!done && !problem && <Skeleton />}
      {problem && <ProblemBox problem={problem} />}
      {problem && <div class="outside-letter"><LetterAgain email={me.value?.person.email} /></div>}
      {(done || problem) && <LinkButton kind="primary" to="/">{t("account.go_on")}</LinkButton>}
    </Outside>
  );
}
