/** Buttons: with a text, or with an icon that has a label. */

import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "label"> {
  look?: "primary" | "quiet" | "plain" | "icon";
  /** Of a button without a text: what screen readers say and what shows on hover. */
  label?: string;
}

export function Button(props: ButtonProps) {
  const { look = "plain", label, class: extra = "", children, ...rest } = props;
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      class={`btn btn-${look} ${extra}`}
    >
      {children as ComponentChildren}
    </button>
  );
}

export function IconButton({ icon, ...rest }: ButtonProps & { icon: IconName; label: string }) {
  return (
    <Button {...rest} look="icon">
      <Icon name={icon} />
    </Button>
  );
}
