import { startServer, type TestServer } from "./web-server.ts";

const form = `<!doctype html><title>Form</title>
<style>body{margin:0;font:16px sans-serif;background:#fff}form>*{position:absolute;left:20px;width:300px;height:30px;box-sizing:border-box}</style>
<form onsubmit="return false">
<input id="name" style="top:20px" aria-label="Name">
<input id="password" type="password" style="top:70px" aria-label="Password">
<select id="colour" style="top:120px"><optgroup label="Warm"><option>red<option disabled>orange</optgroup><optgroup label="Cold"><option>blue<option>green</optgroup></select>
<input id="day" type="date" style="top:170px">
<button id="ask" style="top:220px" onclick="document.title=String(prompt('Your name?','Ada'))">Ask</button>
<input id="file" type="file" style="top:270px">
<div id="double" style="top:320px" ondblclick="document.title='double'">double</div>
<a id="tab" style="top:370px" href="/second" target="_blank">second</a>
<div id="code" style="top:420px"></div>
</form>
<iframe src="FRAME" style="position:absolute;left:400px;top:20px;width:300px;height:200px;border:0"></iframe>
<div style="height:3000px"></div>
<script>
window.events=[];
for (const type of ["click","change","keydown","paste"]) document.addEventListener(type,(e)=>events.push(type+":"+(e.target.id||e.target.nodeName)+(e.key?":"+e.key:"")),true);
</script>`;

/** A page with all that a viewer's hands can do something to; every control's place is known. */
export async function startLiveSite(): Promise<TestServer> {
  const site = await startServer((request, response) => {
    response.setHeader("content-type", "text/html");
    const { port } = site;
    if (request.url === "/frame")
      response.end(
        `<!doctype html><body style="margin:0"><select id="inner" style="position:absolute;left:20px;top:30px;width:200px;height:30px"><option>one<option>two</select><input id="deep" style="position:absolute;left:20px;top:80px">`,
      );
    else if (request.url?.startsWith("/second") === true)
      response.end(`<!doctype html><title>Second</title><body style="background:#00f">second`);
    else if (request.url === "/busy")
      response.end(
        `<!doctype html><title>Busy</title><body style="margin:0"><canvas id="c" width="1200" height="700"></canvas><script>
const x=c.getContext("2d");let n=0;window.go=(ms)=>{const end=performance.now()+ms;const draw=()=>{n+=1;x.fillStyle="hsl("+n*7+" 90% 50%)";x.fillRect(0,0,1200,700);if(performance.now()<end)requestAnimationFrame(draw);else{x.fillStyle="#0f0";x.fillRect(0,0,1200,700);document.title="still"}};draw()};</script>`,
      );
    // Another site: its frame lives in a process of its own.
    else response.end(form.replace("FRAME", `http://frame.localhost:${port}/frame`));
  });
  return site;
}
