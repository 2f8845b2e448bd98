/** What only some answers need, and what is needed while nobody is here: fetched when it is. */

import type { MessageRow } from "../rows.ts";
import { AddEmail } from "./email.tsx";
import css from "./extras.css?inline";
import { Form } from "./form.tsx";
import { Guide } from "./guide.tsx";
import { equip } from "./kit.ts";
import { LeaveForm } from "./leave.tsx";

export interface ExtraProps {
  readonly row: MessageRow;
  /** It is the answer that the talk is about. */
  readonly current: boolean;
}

export { AddEmail, css, equip, LeaveForm };

export function Extra(props: ExtraProps) {
  const { steps, form } = props.row.data ?? {};
  return (
    <>
      {steps && <Guide {...props} steps={steps} />}
      {form && <Form row={props.row} form={form} />}
    </>
  );
}

export type ExtrasModule = typeof import("./extras.tsx");
export type Extras = Pick<ExtrasModule, "AddEmail" | "Extra" | "LeaveForm">;
