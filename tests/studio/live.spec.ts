// Live talk: someone speaks into the microphone, is heard, and answered; both ends up in the
// conversation.
import { expect, test } from "./studio";

test("talks live and keeps what was said", async ({ studio, page }) => {
  await studio.open();
  await studio.button("Talk live").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(/Listening|I hear you|Answering/)).toBeVisible();
  await expect(dialog.locator(".said:not(.mine)")).not.toBeEmpty();
  await dialog.getByRole("button", { name: "End" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator("article.assistant").first()).toHaveAttribute("data-state", "completed");
  await studio.saved();
});
