/** Buttons: with a text, or with an icon that has a label. */

import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "label">;

export function Button(props: Native & { look?: "primary" | "quiet" | "plain" }) {
  const { look = "plain", class: extra = "", children, ...rest } = props;
  return (
    <button type="button" {...rest} class={`btn btn-${look} ${extra}`}>
      {children as ComponentChildren}
    </button>
  );
}

/** `label` is what screen readers say and what shows on hover. */
export function IconButton(props: Native & { icon: IconName; label: string }) {
  const { icon, label, class: extra = "", ...rest } = props;
  return (
    <button
      type="button"
      title={label}
      {...rest}
      class={`btn btn-icon ${extra}`}
      aria-label={label}
    >
      <Icon name={icon} />
    </button>
  );
}
