// Messages between open tabs (BroadcastChannel), so that all show the same stars and the same member.
import { browser } from '$app/environment';
import type { Shelf } from '$lib/movies/viewerStates.svelte';

export type TabMessage =
  | { type: 'rated'; movieId: string; stars: number | null; ratedCount: number; shelf: Shelf | null }
  | { type: 'shelved'; movieId: string; shelf: Shelf | null }
  | { type: 'signed-in' }
  | { type: 'signed-out' };

const channel = browser && 'BroadcastChannel' in window ? new BroadcastChannel('matcha') : null;

export function notifyTabs(message: TabMessage) {
  channel?.postMessage(message);
}

export function onTabMessage(listener: (message: TabMessage) => void) {
  channel?.addEventListener('message', (event: MessageEvent<TabMessage>) => listener(event.data));
}
