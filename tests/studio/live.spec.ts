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

test("keeps what was said of an answer that is cut off", async ({ studio, page }) => {
  let end = () => {};
  await page.routeWebSocket(/realtime/, (socket) => {
    const say = (event: object) => socket.send(JSON.stringify(event));
    end = () => void socket.close();
    say({ type: "session.created" });
    say({ type: "conversation.item.input_audio_transcription.completed", transcript: "what is red" });
    say({ type: "response.output_audio_transcript.delta", delta: "the house" });
  });
  await studio.open();
  await studio.button("Talk live").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("the house")).toBeVisible();
  end(); // the server goes, and comes again
  await expect(page.locator("article.assistant")).toHaveCount(1);
  await expect(page.locator("article.user")).toHaveCount(2);
  await expect(dialog.getByText("the house")).toBeVisible();
  await dialog.getByRole("button", { name: "End" }).click(); // so does the person
  await expect(page.locator("article.assistant")).toContainText(["the house", "the house"]);
});
