/**
 * Requirements about the application's own papers, machines and processes, which no library can
 * meet: each with what there is to do, and what of ours helps.
 */
export const duties: Readonly<Record<string, string>> = {
  '2.1.1': 'Write down which rules your input meets; the schemas of your routes say most of it.',
  '3.1.1':
    'Write down which features of browsers you rely on; the pages about headers and csrf say ours.',
  '3.7.4':
    'Have your domain put on the preload list of browsers, if you mean it to stay on https for good.',
  '4.2.3': 'Bulwark speaks HTTP/1.1; set up the proxy that speaks HTTP/2 or 3 in front of it.',
  '4.2.4': 'Bulwark speaks HTTP/1.1; set up the proxy that speaks HTTP/2 or 3 in front of it.',
  '4.4.1': 'Serve your WebSockets over TLS; the handshake comes by the same guards as any request.',
  '4.4.3': 'Give your WebSockets sessions of their own where the cookie cannot serve.',
  '4.4.4': 'Take those sessions from one that signed in over https.',
  '5.1.1':
    'Write down which files you take, how large, and what becomes of bad ones; uploads says its bounds.',
  '6.1.2':
    'Write down the words of your trade that passwords may not be; account.password.context takes them.',
  '6.1.3': 'Write down the ways in that you offer, and how strong each is.',
  '7.1.1': 'Write down how long sessions live, and why; session says the numbers.',
  '7.1.2': 'Write down how many sessions an account may have, and what happens beyond.',
  '7.1.3': 'Write down which other systems share the sign-in, and how their sessions end.',
  '8.1.1': 'Write down who may do what; the policies of your routes say it for each route.',
  '8.1.2': 'Write down which role reads and writes which field.',
  '8.1.3': 'Write down which circumstances of a request decide about it.',
  '8.1.4': 'Write down how they decide.',
  '11.1.1': 'Keep a policy for your keys; keys report lists those of the root key.',
  '11.1.2': 'Keep a list of keys, algorithms and certificates, and of what each protects.',
  '11.1.4': 'Keep a plan for changing algorithms; sealed values and hashes name theirs.',
  '12.1.1': 'Offer TLS 1.2 and 1.3 only where TLS ends: your proxy, or the options of your server.',
  '12.1.2': 'Offer strong suites only where TLS ends.',
  '13.1.1':
    'Write down whom your service talks to; outbound policies have a name and a purpose each.',
  '13.1.2': 'Write down how many connections each thing takes, and what happens beyond.',
  '13.1.3': 'Write down deadlines and retries of each thing that is asked.',
  '13.1.4': 'Write down your secrets and when each is changed; keys report tells their age.',
  '13.2.2': 'Give the service’s account on the database and the machine no more than it needs.',
  '13.2.5':
    'Allow the machine to reach only what it needs to; outbound policies bound what goes by them.',
  '14.2.4':
    'Write down which data are how sensitive, and seal those fields; fields does the sealing.',
  '15.1.1': 'Write down how many days a hole in a package may stay open.',
  '15.1.3': 'Write down what is dear, and its bounds; limits and throttle say theirs.',
  '15.1.4':
    'Write down which packages are risky; scan deps marks install scripts, new releases and foreign sources.',
  '15.1.5': 'Write down where your code does dangerous things.',
  '15.2.1':
    'Run scan deps in your pipeline and bring packages up within your days; an acceptance has an end.',
  '16.1.1':
    'Write down what is logged where, for how long, and who reads it; docs/reference lists every event.',
  '16.4.3': 'Send the log to another machine: a sink of audit, or the file that one writes.',
}
