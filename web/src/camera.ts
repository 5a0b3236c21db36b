// A still from the camera.
import { openDialog } from "./dialog";
import { h, icon } from "./dom";
import { labelled, t, word } from "./i18n";
import { Attachment } from "./message";

function still(video: HTMLVideoElement): Promise<Blob> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d")!.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}

// Nothing where the person thought better of it. Throws what the browser says where there is no
// camera or it is not allowed.
export async function takePicture(): Promise<Attachment | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: { ideal: 1024 }, height: { ideal: 768 }, facingMode: "environment" },
  });
  const video = labelled(h("video", { autoplay: true, muted: true, playsinline: true }), "cameraPreview", false);
  video.srcObject = stream;
  let picture: Promise<Blob> | undefined;
  const shoot = h("button", { class: "shutter", type: "button", autofocus: true, onclick: () => {
    if (video.videoWidth === 0) return; // the first frame is not here yet
    picture = still(video);
    dialog.close();
  } }, icon("camera"), word("takePicture"));
  const cancel = h("button", { class: "quiet", type: "button", onclick: () => dialog.close() }, word("cancel"));
  const dialog = labelled(openDialog(h("div", { class: "camera" }, video, h("div", { class: "row spread" }, cancel, shoot))), "camera", false);
  return new Promise((resolve, reject) => {
    dialog.addEventListener("close", () => {
      for (const track of stream.getTracks()) track.stop();
      if (!picture) resolve(undefined);
      else picture.then((blob) => resolve(new Attachment("image", `${t("picture")}.jpg`, blob)), reject);
    });
  });
}
