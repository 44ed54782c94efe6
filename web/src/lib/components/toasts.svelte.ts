// Short messages at the bottom of the screen. A new message replaces the one before.

export interface Toast {
  id: number;
  message: string;
  tone: 'info' | 'error';
  undo: (() => void) | null;
}

class Toasts {
  current = $state<Toast | null>(null);
  #next = 1;

  show(message: string, { tone = 'info', undo = null }: { tone?: 'info' | 'error'; undo?: (() => void) | null } = {}) {
    this.current = { id: this.#next++, message, tone, undo };
  }

  close(id: number) {
    if (this.current?.id === id) this.current = null;
  }
}

export const toasts = new Toasts();
