# What both scripts ask of a server; bash alone, since a bare Debian has no curl.
picture=/usr/share/tutti/demo/picture.png

# ask METHOD PATH [BODY [KEY]]: the answer of the server at $port, headers included.
ask() {
  local body=${3:-} key=${4:+"Authorization: Bearer $4"$'\r\n'}
  exec 3<> "/dev/tcp/127.0.0.1/${port:?}"
  printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" "$key" "${#body}" "$body" >&3
  cat <&3
  exec 3>&-
}

# A picture is decoded in a media process, so that has to work too.
question() {
  printf '{"model": "tutti-nano", "messages": [{"role": "user", "content": [
    {"type": "text", "text": "How many triangles are there?"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}}]}]}' "$(base64 -w 0 $picture)"
}

check_server() {
  [[ $(ask GET /v1/models) == *'"id":"tutti-nano"'* ]]
  local answer
  answer=$(ask POST /v1/chat/completions "$(question)")
  [[ $answer == "HTTP/1.1 200"*'"content":"'* ]] || { echo "$answer"; return 1; }
}
