// Waits until the page of the example has written, or says that it can't, and sends that to the server.
const status = document.querySelector('[role=status]');
while (status.textContent.endsWith('…')) await new Promise((resolve) => setTimeout(resolve, 20));
const result = { status: status.textContent, text: document.querySelector('output').textContent };
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
