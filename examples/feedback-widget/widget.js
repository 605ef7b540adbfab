const at = (id) => document.getElementById(id);

const response = await fetch('/answer', { method: 'POST' });
if (!response.ok) throw new Error(`no answer: ${response.status}`);
const { query, answer, trace_id, token, api_url } = await response.json();
at('query').textContent = query;
at('answer').textContent = answer;
at('vote').hidden = false;

at('vote').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('vote').hidden = true;
  at('status').textContent = await vote(Number(event.submitter.value), at('comment').value);
});

// The token says which answer, which rater and which event: the page adds only what the visitor thinks.
async function vote(score, comment) {
  try {
    const sent = await fetch(`${api_url}/feedback/${encodeURIComponent(trace_id)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ score, comment }),
    });
    if (sent.ok) return 'Thank you.';
    return (await sent.json()).detail;
  } catch {
    at('vote').hidden = false;
    return 'The vote did not arrive. Please try again.';
  }
}
