/** Five steps from nothing to an agent that answers. Each is kept as soon as it is done, and one comes back to where one was. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "@/i18n";
import { navigate, to } from "@/router";
import type { PageProps } from "@/routes";
import { me } from "@/session";
import { Icon, Page, ProblemBox, Skeleton, toastProblem } from "@/ui";
import { AgentStep } from "./agent";
import { BusinessStep } from "./business";
import { CalendarStep } from "./calendar";
import { Done } from "./done";
import { NumberStep } from "./number";
import { keep, STEPS, useSetup, type Setup, type Step } from "./setup";
import { TestStep } from "./test";
import "./onboarding.css";

export interface StepProps {
  setup: Setup;
  reload: () => Promise<void>;
  /** To the next step. */
  next: () => void;
}

const SCREENS = { business: BusinessStep, number: NumberStep, agent: AgentStep, calendar: CalendarStep, test: TestStep };

export default function Onboarding({ rest }: PageProps): JSX.Element {
  const step = rest[0] as Step | "done" | undefined;
  const at = STEPS.indexOf(step as Step);
  const setup = useSetup();
  const business = me.value!.business;
  useEffect(() => {
    if (at < 0 && step !== "done") navigate(`/onboarding/${business.onboarding_completed ? "done" : STEPS[business.onboarding_step - 1] ?? "business"}`, { replace: true });
    else if (at >= 0 && business.onboarding_step !== at + 1) keep({ onboarding_step: at + 1 }).catch(toastProblem);
  }, [step]);
  const announced = at < 0 ? "" : t("onboarding.step", { at: at + 1, all: STEPS.length });
  return (
    <>
      <p class="unseen" role="status">{announced}</p>
      {step === "done" ? <Done key="done" /> : at >= 0 && (
        <Page key={step} title={t(`onboarding.title.${step as Step}`)} lead={t(`onboarding.lead.${step as Step}`)}>
          <Progress at={at} />
          {setup.data ? <Screen step={step as Step} setup={setup.data} reload={setup.reload} next={() => void next(at)} />
            : setup.problem ? <ProblemBox problem={setup.problem} retry={() => void setup.reload()} /> : <Skeleton lines={6} />}
        </Page>
      )}
    </>
  );
}

function Screen({ step, ...props }: StepProps & { step: Step }): JSX.Element {
  const View = SCREENS[step];
  return (
    <div class="onboarding-screen">
      <View {...props} />
      <div class="onboarding-skip">
        {step !== "test" && <button type="button" class="button quiet" onClick={props.next}>{t("onboarding.skip")}</button>}
        <a class="button quiet" href={to("/inbox")}>{t("onboarding.later")}</a>
      </div>
    </div>
  );
}

/** Where one is is kept before it is shown: who leaves at once comes back to there. */
async function next(at: number): Promise<void> {
  const step = STEPS[at + 1];
  if (step) await keep({ onboarding_step: at + 2 }).catch(toastProblem);
  navigate(`/onboarding/${step ?? "done"}`);
}

function Progress({ at }: { at: number }): JSX.Element {
  return (
    <nav aria-label={t("onboarding.steps")}>
      <ol class="onboarding-progress">
        {STEPS.map((step, n) => (
          <li key={step} class={n < at ? "past" : undefined}>
            <a href={to(`/onboarding/${step}`)} aria-current={n === at ? "step" : undefined}>
              <span class="onboarding-dot" aria-hidden="true">{n < at ? <Icon name="check" /> : n + 1}</span>
              <span>{t(`onboarding.short.${step}`)}</span>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
