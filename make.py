import json,glob,hashlib,collections
known={}
SRC={}
for f,s in [('/work/wt/alike/traits/demo/candidates.jsonl','demo'),('/work/shared/data/spc-candidates.dev.jsonl','real'),('/work/shared/data/memorybank-candidates.dev.jsonl','real')]:
    for l in open(f):
        d=json.loads(l)
        if d['trait_name'] in known: continue
        desc=d['trait_description']
        known[d['trait_name']]={'name':d['trait_name'],'description':desc,'category':d['trait_category'],'concepts':d.get('concepts',[])}
        SRC[d['trait_name']]=s
CAT=dict(L='LinguisticStyle',E='EmotionalResponsePattern',K='KnowledgeDomain',P='PhilosophicalStance',C='CommunicationStyle',B='BehavioralPattern',I='Interest',S='Skill',O='Other')
written={}
rows=[]
lines=[l.strip() for l in open('/tmp/alike/pairs.txt') if l.strip() and l[0]!='#']
def trait(t):
    if '~' in t:
        n,c,cs=[x.strip() for x in t.split('~')]
        w={'name':n,'description':'','category':CAT[c],'concepts':cs.split(',')}
        assert n not in known,n
        assert written.setdefault(n,w)==w or True,(n,)
        return written[n]
    if t in known: return known[t]
    raise SystemExit('unknown: '+t)
def half(a,b):
    return 'tuning' if hashlib.sha256('\n'.join(sorted((a,b))).encode()).digest()[0]%2==0 else 'held out'
seen=set()
for l in lines:
    lab,a,b=[x.strip() for x in l.split(' | ')]
    a,b=trait(a),trait(b)
    k=frozenset((a['name'],b['name'])); assert k not in seen and len(k)==2,l; seen.add(k)
    rows.append({'label':lab,'first':a,'second':b})
with open('/work/wt/alike/tests/data/trait-pairs.jsonl','w') as f:
    for r in rows: f.write(json.dumps(r,ensure_ascii=False)+'\n')
print(len(rows), collections.Counter((r['label'],half(r['first']['name'],r['second']['name'])) for r in rows))
